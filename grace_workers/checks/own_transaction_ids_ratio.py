"""How far a database has used up its transaction ids, whatever the others of its server have."""

from grace_workers.actions import TransactionIds
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class OwnTransactionIdsParams(Document):
    """No params."""


def probe(ids: TransactionIds, params: OwnTransactionIdsParams) -> float:
    """Return the current figure."""
    del params
    return ids.used()


DEFINITION = Check(
    name="own_transaction_ids_ratio",
    summary="Transaction ids in use by a database over those available before its server refuses to write.",
    unit="",
    role=TransactionIds,
    params=OwnTransactionIdsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("own_transaction_ids_ratio", 0.5),
    exhausted_at=1.0,
)
