"""Steps are found by the target that they changed."""

from alembic import op

revision = "0032_pre_steps_by_target"
down_revision = "0031_pre_learned_causes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("CREATE INDEX ix_steps_target ON steps (target, plan)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP INDEX ix_steps_target")
