"""Kernels of each node, and the orders given to nodes."""

revision = "0005_pre_kernels"
down_revision = "0004_pre_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    return


def downgrade() -> None:
    return
