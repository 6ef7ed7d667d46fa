"""How far a replica of a database lags."""

from grace_workers.actions import DatabaseFigures
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class DatabaseReplicaLagParams(Document):
    """No params."""


def probe(database: DatabaseFigures, params: DatabaseReplicaLagParams) -> float:
    """Return the current figure."""
    del params
    return database.status().replica_lag.total_seconds()


DEFINITION = Check(
    name="database_replica_lag_seconds",
    summary="How far the slowest replica lags, or the server itself if it is a replica.",
    unit="s",
    role=DatabaseFigures,
    params=DatabaseReplicaLagParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("database_replica_lag_seconds", 60),
)
