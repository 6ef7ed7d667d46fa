"""The fleet's tables: instances, the leader's lease, the broker last seen."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Double, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from grace_workers.adapters.postgres.schema import metadata

# `epoch` counts the registrations of one name; a job owned under an older epoch belongs to a dead process. `home` tells
# two nodes of one name apart. `held`: a person set it apart, so nothing lets it back by itself. `health_at` is when the
# present health began.
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
    Column("home", Text),
    Column("parts", JSON),
    Column("reason", Text),
    Column("held", Boolean, nullable=False, server_default=text("false")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("health_at", DateTime(timezone=True)),
    Column("quarantined_at", DateTime(timezone=True)),
    Column("retired_at", DateTime(timezone=True)),
    Column("drain_until", DateTime(timezone=True)),
)

# `barred` gave the lease up on request and may not take it again before `barred_until`.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("barred", Text),
    Column("barred_until", DateTime(timezone=True)),
)

broker_epochs = Table(
    "broker_epochs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)
