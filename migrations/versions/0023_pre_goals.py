"""Goals that people made, changed or ended."""

from alembic import op

revision = "0023_pre_goals"
down_revision = "0022_pre_shadow_runs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE goals (name TEXT NOT NULL CONSTRAINT pk_goals PRIMARY KEY, ended_at TIMESTAMPTZ,"
        " document JSON NOT NULL)"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE goals")
