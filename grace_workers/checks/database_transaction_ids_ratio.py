"""How much of the transaction ids a database has used since it was frozen."""

from grace_workers.actions import DatabaseFigures
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class DatabaseTransactionIdsParams(Document):
    """No params."""


def probe(database: DatabaseFigures, params: DatabaseTransactionIdsParams) -> float:
    """Return the current figure."""
    del params
    return database.status().transaction_ids


DEFINITION = Check(
    name="database_transaction_ids_ratio",
    summary="Transaction ids in use over those that there are before the server refuses to write.",
    unit="",
    role=DatabaseFigures,
    params=DatabaseTransactionIdsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("database_transaction_ids_ratio", 0.5),
    exhausted_at=1.0,
)
