"""The event mesh: outbox, events, their head, subscribers' cursors, and what was parked."""

from alembic import op

revision = "0004_pre_events"
down_revision = "0003_pre_line"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE event_outbox (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        id UUID NOT NULL,
        topic TEXT NOT NULL,
        key TEXT NOT NULL,
        body JSON NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_event_outbox PRIMARY KEY (number)
    )
    """,
    """
    CREATE TABLE events (
        position BIGINT NOT NULL,
        id UUID NOT NULL,
        topic TEXT NOT NULL,
        key TEXT NOT NULL,
        body JSON NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        logged_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_events PRIMARY KEY (position),
        CONSTRAINT uq_events_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_events_topic_position ON events (topic, position)
    """,
    """
    CREATE INDEX ix_events_logged_at ON events (logged_at)
    """,
    """
    CREATE TABLE event_head (
        one BOOLEAN DEFAULT true NOT NULL,
        newest BIGINT DEFAULT 0 NOT NULL,
        trimmed BIGINT DEFAULT 0 NOT NULL,
        CONSTRAINT pk_event_head PRIMARY KEY (one),
        CONSTRAINT ck_event_head_one CHECK (one)
    )
    """,
    """
    INSERT INTO event_head DEFAULT VALUES
    """,
    """
    CREATE TABLE event_cursors (
        name TEXT NOT NULL,
        position BIGINT NOT NULL,
        epoch BIGINT NOT NULL,
        holder TEXT,
        held_until TIMESTAMP WITH TIME ZONE,
        failing UUID,
        attempts INTEGER DEFAULT 0 NOT NULL,
        missed BIGINT DEFAULT 0 NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_event_cursors PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE event_parked (
        subscription TEXT NOT NULL,
        id UUID NOT NULL,
        position BIGINT NOT NULL,
        topic TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        error TEXT NOT NULL,
        parked_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_event_parked PRIMARY KEY (subscription, id)
    )
    """,
)
_TABLES = ("event_parked", "event_cursors", "event_head", "events", "event_outbox")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in _TABLES:
        op.execute(f"DROP TABLE {table}")
