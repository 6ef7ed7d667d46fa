"""The kernels of each node as last reported, and the orders given to nodes."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, text

from grace_workers.adapters.postgres.schema import metadata

kernels = Table(
    "kernels",
    metadata,
    Column("instance", Text, primary_key=True),
    Column("kernel", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("incarnation", Text),
    Column("restarts", Integer, nullable=False),
    Column("failing", Boolean, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("checked_at", DateTime(timezone=True), nullable=False),
)

node_orders = Table(
    "node_orders",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("instance", Text, nullable=False),
    Column("kernel", Text),
    Column("verb", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("forced", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("taken_at", DateTime(timezone=True)),
    Column("done_at", DateTime(timezone=True)),
    Column("state", Text, nullable=False),
    Column("detail", Text),
    Index("ix_node_orders_instance", "instance", "at", postgresql_where=text("done_at IS NULL")),
)
