"""Targets that discoveries found, and how each discovery's last look ended."""

from alembic import op

revision = "0036_pre_discovered"
down_revision = "0035_pre_dismissed_and_withdrawn"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE discoveries (name TEXT NOT NULL CONSTRAINT pk_discoveries PRIMARY KEY,"
        " revision BIGINT NOT NULL, document JSON NOT NULL)"
    )
    op.execute(
        "CREATE TABLE discovered_targets (name TEXT NOT NULL CONSTRAINT pk_discovered_targets PRIMARY KEY,"
        " discovery TEXT NOT NULL, document JSON NOT NULL)"
    )
    op.execute("CREATE INDEX ix_discovered_targets_discovery ON discovered_targets (discovery)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE discovered_targets")
    op.execute("DROP TABLE discoveries")
