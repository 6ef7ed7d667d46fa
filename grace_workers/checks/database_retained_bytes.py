"""How much write-ahead log is kept for replication slots that no one reads."""

from grace_workers.actions import DatabaseFigures
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class DatabaseRetainedParams(Document):
    """No params."""


def probe(database: DatabaseFigures, params: DatabaseRetainedParams) -> float:
    """Return the current figure."""
    del params
    return float(database.status().retained_bytes)


DEFINITION = Check(
    name="database_retained_bytes",
    summary="Bytes of write-ahead log that are kept for replication slots without a reader.",
    unit="bytes",
    role=DatabaseFigures,
    params=DatabaseRetainedParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("database_retained_bytes", 1 << 30),
)
