"""Figures of playbooks that are stricter in force than their files say."""

from alembic import op

revision = "0034_pre_adjustments"
down_revision = "0033_pre_snapshots"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE playbook_adjustments (playbook TEXT NOT NULL, figure TEXT NOT NULL, base TEXT NOT NULL,"
        " value INTEGER NOT NULL, at TIMESTAMPTZ NOT NULL,"
        " CONSTRAINT pk_playbook_adjustments PRIMARY KEY (playbook, figure))"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE playbook_adjustments")
