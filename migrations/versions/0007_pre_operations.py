"""Traces of jobs, circuit breakers as each process sees them, and the oldest code that the schema still serves."""

from alembic import op

revision = "0007_pre_operations"
down_revision = "0006_pre_instances"
branch_labels = None
depends_on = None

# Only a `post` migration may raise the floor: it is the one that takes away what older code needs.
_STATEMENTS = (
    "ALTER TABLE jobs ADD COLUMN trace TEXT",
    """
    CREATE TABLE schema_floor (
        one BOOLEAN DEFAULT true NOT NULL,
        oldest TEXT NOT NULL,
        raised_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_schema_floor PRIMARY KEY (one),
        CONSTRAINT ck_schema_floor_one CHECK (one)
    )
    """,
    "INSERT INTO schema_floor (oldest) VALUES ('0003_pre_line')",
    """
    CREATE TABLE breakers (
        instance TEXT NOT NULL,
        process TEXT NOT NULL,
        name TEXT NOT NULL,
        state TEXT NOT NULL,
        failures INTEGER NOT NULL,
        openings INTEGER NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_breakers PRIMARY KEY (instance, process, name)
    )
    """,
    """
    CREATE TABLE breaker_flushes (
        name TEXT NOT NULL,
        by TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_breaker_flushes PRIMARY KEY (name)
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
    for table in ("breaker_flushes", "breakers", "schema_floor"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE jobs DROP COLUMN trace")
