"""What a run counts in, the brakes that stop automatic runs, and the indexes that every decision reads them by."""

from alembic import op

revision = "0024_pre_storm"
down_revision = "0023_pre_goals"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE runs ADD COLUMN scopes TEXT[] DEFAULT '{}' NOT NULL",
    "ALTER TABLE runs ADD COLUMN automatic BOOLEAN DEFAULT false NOT NULL",
    "CREATE INDEX ix_runs_started_at ON runs (started_at)",
    "CREATE INDEX ix_runs_in_progress ON runs (plan) WHERE ended_at IS NULL",
    "CREATE INDEX ix_runs_target ON runs (target, started_at)",
    "CREATE INDEX ix_incidents_not_closed ON incidents (greatest(last_signal_at, updated_at)) WHERE state <> 'closed'",
    """
    CREATE TABLE storm_brakes (
        scope TEXT NOT NULL,
        why TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        lifted_at TIMESTAMP WITH TIME ZONE,
        lifted_by TEXT,
        CONSTRAINT pk_storm_brakes PRIMARY KEY (scope)
    )
    """,
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE storm_brakes")
    op.execute("DROP INDEX ix_incidents_not_closed")
    for name in ("ix_runs_target", "ix_runs_in_progress", "ix_runs_started_at"):
        op.execute(f"DROP INDEX {name}")
    op.execute("ALTER TABLE runs DROP COLUMN scopes, DROP COLUMN automatic")
