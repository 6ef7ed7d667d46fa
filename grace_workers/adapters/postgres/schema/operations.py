"""The tables of operation: the oldest code that the schema serves, and circuit breakers as each process sees them."""

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Integer, Table, Text, text

from grace_workers.adapters.postgres.schema import metadata

# One row: the newest revision that code must know for this schema still to serve it.
schema_floor = Table(
    "schema_floor",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("oldest", Text, nullable=False),
    Column("raised_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    CheckConstraint("one", name="one"),
)

breakers = Table(
    "breakers",
    metadata,
    Column("instance", Text, primary_key=True),
    Column("process", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("openings", Integer, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

# The release before this one reads it, so it goes with the release after this one.
breaker_flushes = Table(
    "breaker_flushes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)
