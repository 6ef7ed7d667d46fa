"""The event mesh's tables: outbox, events, the log's head, cursors, parked events."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSON

from grace_workers.adapters.postgres.schema import metadata

event_outbox = Table(
    "event_outbox",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=sql("clock_timestamp()")),
)

# `logged_at` never goes back from one position to the next as long as the database's clock does not.
events = Table(
    "events",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False, unique=True),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("logged_at", DateTime(timezone=True), nullable=False),
)
Index("ix_events_topic_position", events.c.topic, events.c.position)
Index("ix_events_logged_at", events.c.logged_at)

# One row: the position given last, and the last one that retention has deleted. Its lock lets one mover through.
event_head = Table(
    "event_head",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=sql("true")),
    Column("newest", BigInteger, nullable=False, server_default=sql("0")),
    Column("trimmed", BigInteger, nullable=False, server_default=sql("0")),
    CheckConstraint("one", name="one"),
)

# `epoch` fences a holder whose lease ran out; `failing` and `attempts` count how often one event was tried.
event_cursors = Table(
    "event_cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", Text),
    Column("held_until", DateTime(timezone=True)),
    Column("failing", Uuid),
    Column("attempts", Integer, nullable=False, server_default=sql("0")),
    Column("missed", BigInteger, nullable=False, server_default=sql("0")),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

event_parked = Table(
    "event_parked",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False),
)
