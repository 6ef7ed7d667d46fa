"""Paused cycles, what cycles found, and an index for their newest runs."""

from alembic import op

revision = "0020_pre_cycles"
down_revision = "0019_pre_outcomes_by_problem"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE cycle_pauses (
        name TEXT NOT NULL CONSTRAINT pk_cycle_pauses PRIMARY KEY,
        by TEXT NOT NULL,
        reason TEXT NOT NULL,
        at TIMESTAMPTZ NOT NULL
    )
    """,
    """
    CREATE TABLE findings (
        cycle TEXT NOT NULL,
        key TEXT NOT NULL,
        gone_at TIMESTAMPTZ,
        changed_at TIMESTAMPTZ NOT NULL,
        document JSON NOT NULL,
        CONSTRAINT pk_findings PRIMARY KEY (cycle, key)
    )
    """,
    "CREATE INDEX ix_findings_changed_at ON findings (changed_at)",
    # Only the jobs of cycles are in it, so that no other job pays for it.
    "CREATE INDEX ix_jobs_cycle ON jobs (name, id) WHERE starts_with(name, 'cycle.')",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP INDEX ix_jobs_cycle")
    for table in ("findings", "cycle_pauses"):
        op.execute(f"DROP TABLE {table}")
