"""The event mesh: outbox, events, cursors."""

revision = "0004_pre_events"
down_revision = "0003_pre_line"
branch_labels = None
depends_on = None


def upgrade() -> None:
    return


def downgrade() -> None:
    return
