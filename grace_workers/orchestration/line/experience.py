"""What was learnt about a signature, by its most specific name with outcomes: its own, a former one, its family's."""

from collections.abc import Sequence
from dataclasses import replace

from grace_workers.diagnosis import KnowledgeEntry
from grace_workers.learning import TrackRecord
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.signatures import SignatureStore
from grace_workers.signals import Signature

_MOST_RELATIVES = 10


def knowledge_of(tx: LineTransaction, signature: Signature) -> Sequence[KnowledgeEntry]:
    """Return what was learnt about the signature under all its names, current and former.

    What was learnt about other members of its family is left out: it is a guess, and the line acts on knowledge.
    """
    own = tx.records.knowledge(signature)
    if own:
        return own
    names = [name for name in tx[SignatureStore].names(signature) if name != signature]
    return [replace(one, signature=signature) for name in names for one in tx.records.knowledge(name)]


def tracks_of(tx: LineTransaction, signature: Signature) -> Sequence[TrackRecord]:
    """Return the records for choosing among playbooks: those of the most specific key that has any."""
    store = tx[SignatureStore]
    for key in (store.names(signature), store.relatives(signature)[:_MOST_RELATIVES]):
        for name in key:
            found = tx.records.tracks(name)
            if found:
                return found
    return ()
