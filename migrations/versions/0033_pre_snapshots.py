"""Snapshots of the fleet, and the contents of their parts, each stored once."""

from alembic import op

revision = "0033_pre_snapshots"
down_revision = "0032_pre_steps_by_target"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE snapshot_parts (sha256 TEXT NOT NULL CONSTRAINT pk_snapshot_parts PRIMARY KEY,"
        " content BYTEA NOT NULL)"
    )
    op.execute(
        "CREATE TABLE snapshots (id TEXT NOT NULL CONSTRAINT pk_snapshots PRIMARY KEY, at TIMESTAMPTZ NOT NULL,"
        " document JSON NOT NULL)"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE snapshots")
    op.execute("DROP TABLE snapshot_parts")
