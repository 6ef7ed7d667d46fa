"""The playbooks that plans were made of, as they were then."""

from alembic import op

revision = "0030_pre_playbook_versions"
down_revision = "0029_pre_flapping"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE playbook_versions (digest TEXT NOT NULL CONSTRAINT pk_playbook_versions PRIMARY KEY,"
        " playbook TEXT NOT NULL, first_at TIMESTAMPTZ NOT NULL, content JSON NOT NULL)"
    )
    op.execute("CREATE INDEX ix_playbook_versions_playbook ON playbook_versions (playbook, first_at)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE playbook_versions")
