"""What was learnt about a signature, by its most specific name with outcomes: its own, a former one, its family's."""

from collections.abc import Sequence
from dataclasses import replace

from grace_workers.diagnosis import KnowledgeEntry
from grace_workers.foundation.redaction import starred
from grace_workers.learning import TrackRecord
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.records import EXACT, FAMILY
from grace_workers.orchestration.stores.signatures import SignatureStore
from grace_workers.signals import Signal, Signature, fault_in

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


def kin_of(signal: Signal) -> tuple[str, ...]:
    """Return the other names under which a run on this signal counts: its path through the code, and its family.

    Both come from a traceback; a signal without one has none.
    """
    fault = fault_in(starred(signal.text)) if signal.text else None
    return () if fault is None else (f"{EXACT}{fault.keys.exact}", f"{FAMILY}{fault.keys.family}")


def tracks_of(tx: LineTransaction, signature: Signature, kin: Sequence[str] = ()) -> Sequence[TrackRecord]:
    """Return the records for choosing among playbooks: those of the most specific key that has any."""
    store = tx[SignatureStore]
    exact = [name for name in kin if name.startswith(EXACT)]
    for key in (exact, store.names(signature), store.relatives(signature)[:_MOST_RELATIVES]):
        for name in key:
            found = tx.records.tracks(name)
            if found:
                return found
    return ()


def family_of(tx: LineTransaction, kin: Sequence[str]) -> Sequence[TrackRecord]:
    """Return what playbooks did for the whole family of faults: the expectation for one that is new to this fault."""
    return [one for name in kin if name.startswith(FAMILY) for one in tx.records.tracks(name)]
