"""The table of deployments."""

from sqlalchemy import Column, DateTime, Index, Table, Text
from sqlalchemy.dialects.postgresql import JSON

from grace_workers.adapters.postgres.schema import metadata

deployments = Table(
    "deployments",
    metadata,
    Column("key", Text, primary_key=True),
    Column("target", Text),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("document", JSON, nullable=False),
)
Index("ix_deployments_target", deployments.c.target, deployments.c.at)
Index("ix_deployments_at", deployments.c.at)
