"""An index for the outcomes of one cause on one target, which a later check asks for."""

from alembic import op

revision = "0019_pre_outcomes_by_problem"
down_revision = "0018_pre_windows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE INDEX ix_precedents_problem ON precedents ((document ->> 'cause'), (document ->> 'target'), revision)"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP INDEX ix_precedents_problem")
