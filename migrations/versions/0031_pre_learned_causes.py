"""Causes that people accepted from what was learned, as files."""

from alembic import op

revision = "0031_pre_learned_causes"
down_revision = "0030_pre_playbook_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE learned_causes (name TEXT NOT NULL, version TEXT NOT NULL, file TEXT NOT NULL,"
        " proposed_by TEXT NOT NULL, proposed_at TIMESTAMPTZ NOT NULL, accepted_at TIMESTAMPTZ,"
        " CONSTRAINT pk_learned_causes PRIMARY KEY (name, version))"
    )
    op.execute("CREATE UNIQUE INDEX uq_learned_causes_accepted ON learned_causes (name) WHERE accepted_at IS NOT NULL")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE learned_causes")
