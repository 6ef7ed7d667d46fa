"""How long a transaction has been idle."""

from grace_workers.actions import DatabaseFigures
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class IdleTransactionParams(Document):
    """No params."""


def probe(database: DatabaseFigures, params: IdleTransactionParams) -> float:
    """Return the current figure."""
    del params
    return database.status().idle_transaction.total_seconds()


DEFINITION = Check(
    name="database_idle_transaction_seconds",
    summary="For how long the session waits that has been idle longest within a transaction.",
    unit="s",
    role=DatabaseFigures,
    params=IdleTransactionParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("database_idle_transaction_seconds", 300),
)
