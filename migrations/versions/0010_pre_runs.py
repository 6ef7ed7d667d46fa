"""Which job acts on a plan, so that no second one acts on it at the same time."""

from alembic import op

revision = "0010_pre_runs"
down_revision = "0009_pre_conditions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE runs ADD COLUMN job UUID")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE runs DROP COLUMN job")
