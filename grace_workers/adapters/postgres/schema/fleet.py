"""The fleet's tables: instances, the leader's lease, the broker last seen."""

from sqlalchemy import BigInteger, Column, DateTime, Double, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from grace_workers.adapters.postgres.schema import metadata

# `epoch` counts the registrations of one name; a job owned under an older epoch belongs to a dead process.
instances = Table(
    "instances",
    metadata,
    Column("name", Text, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("pools", ARRAY(Text), nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("health", Text, nullable=False),
    Column("score", Double, nullable=False, server_default=text("1.0")),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    Column("heartbeat_at", DateTime(timezone=True), nullable=False),
    Column("died_at", DateTime(timezone=True)),
    Column("left_at", DateTime(timezone=True)),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

broker_epochs = Table(
    "broker_epochs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)
