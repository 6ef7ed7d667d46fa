"""The table of heartbeats."""

from sqlalchemy import Column, DateTime, Table, Text

from grace_workers.adapters.postgres.schema import metadata

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("heard_at", DateTime(timezone=True), nullable=False),
    Column("heard_from", Text, nullable=False),
)
