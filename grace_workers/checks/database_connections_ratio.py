"""The share of its connections that a database server has in use."""

from grace_workers.actions import DatabaseFigures
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class DatabaseConnectionsParams(Document):
    """No params."""


def probe(database: DatabaseFigures, params: DatabaseConnectionsParams) -> float:
    """Return the clients' connections over the number that clients may have."""
    del params
    said = database.status()
    return said.connections / max(said.connection_limit, 1)


DEFINITION = Check(
    name="database_connections_ratio",
    summary="Connections of clients over those that the database server allows them.",
    unit="",
    role=DatabaseFigures,
    params=DatabaseConnectionsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("database_connections_ratio", 0.9),
    exhausted_at=1.0,
)
