"""What was deployed where, and when each declared heartbeat was last heard."""

from alembic import op

revision = "0014_pre_deployed_and_heard"
down_revision = "0013_pre_reads_by_key"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE deployments (key TEXT CONSTRAINT pk_deployments PRIMARY KEY, target TEXT,"
        " at TIMESTAMPTZ NOT NULL, document JSON NOT NULL)"
    )
    op.execute("CREATE INDEX ix_deployments_target ON deployments (target, at)")
    op.execute("CREATE INDEX ix_deployments_at ON deployments (at)")
    op.execute(
        "CREATE TABLE heartbeats (name TEXT CONSTRAINT pk_heartbeats PRIMARY KEY, heard_at TIMESTAMPTZ NOT NULL,"
        " heard_from TEXT NOT NULL)"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE heartbeats")
    op.execute("DROP TABLE deployments")
