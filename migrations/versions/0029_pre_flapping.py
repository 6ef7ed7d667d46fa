"""Incidents of conditions that come and go."""

from alembic import op

revision = "0029_pre_flapping"
down_revision = "0028_pre_levers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE incidents ADD COLUMN flapping BOOLEAN DEFAULT false NOT NULL")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE incidents DROP COLUMN flapping")
