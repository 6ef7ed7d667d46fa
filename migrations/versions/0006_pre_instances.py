"""Health parts, quarantine and drain of instances; jobs for one instance only; who may not take a lease again yet."""

from alembic import op

revision = "0006_pre_instances"
down_revision = "0005_pre_kernels"
branch_labels = None
depends_on = None

_INSTANCES = """
ALTER TABLE instances
    ADD COLUMN home text,
    ADD COLUMN parts json,
    ADD COLUMN reason text,
    ADD COLUMN held boolean NOT NULL DEFAULT false,
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN health_at timestamptz,
    ADD COLUMN quarantined_at timestamptz,
    ADD COLUMN retired_at timestamptz,
    ADD COLUMN drain_until timestamptz
"""

_LEASES = "ALTER TABLE leases ADD COLUMN barred text, ADD COLUMN barred_until timestamptz"

_JOBS = "ALTER TABLE jobs ADD COLUMN only_on text"

_BOUND = "CREATE INDEX ix_jobs_only_on ON jobs (only_on) WHERE state = 'queued' AND only_on IS NOT NULL"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for statement in (_INSTANCES, _LEASES, _JOBS, _BOUND):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE jobs DROP COLUMN only_on")
    op.execute("ALTER TABLE leases DROP COLUMN barred, DROP COLUMN barred_until")
    for column in (
        "home",
        "parts",
        "reason",
        "held",
        "attempts",
        "health_at",
        "quarantined_at",
        "retired_at",
        "drain_until",
    ):
        op.execute(f"ALTER TABLE instances DROP COLUMN {column}")
