"""Answers that break the glass."""

from alembic import op

revision = "0027_pre_glass"
down_revision = "0026_pre_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE approval_answers ADD COLUMN breaks_glass BOOLEAN DEFAULT false NOT NULL")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE approval_answers DROP COLUMN breaks_glass")
