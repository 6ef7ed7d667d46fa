"""Traces, and the oldest code that the schema still serves."""

revision = "0007_pre_operations"
down_revision = "0006_pre_instances"
branch_labels = None
depends_on = None


def upgrade() -> None:
    return


def downgrade() -> None:
    return
