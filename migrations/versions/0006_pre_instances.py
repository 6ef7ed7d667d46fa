"""Health parts, quarantine and drain of instances; jobs for one instance only."""

revision = "0006_pre_instances"
down_revision = "0005_pre_kernels"
branch_labels = None
depends_on = None


def upgrade() -> None:
    return


def downgrade() -> None:
    return
