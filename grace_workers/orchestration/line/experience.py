"""What was learnt about a signature, by its most specific name with outcomes: its own, a former one, its family's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

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


def tracks_of(tx: LineTransaction, signature: Signature) -> Sequence[TrackRecord]:
    """Return the records for choosing among playbooks: those of the most specific name that has any."""
    return experienced(tx, signature, ()).tracks


@dataclass(frozen=True, slots=True)
class Experienced:
    """The records for choosing among playbooks, and those of the whole family of faults.

    The family's are the expectation for a playbook that is new to this fault.
    """

    tracks: Sequence[TrackRecord]
    family: Sequence[TrackRecord]


def experienced(tx: LineTransaction, signature: Signature, kin: Sequence[str]) -> Experienced:
    """Return what playbooks did for a signature and its kin; all names are read at once, because a decision waits."""
    near = tx[SignatureStore].kinship(signature)
    exact = [name for name in kin if name.startswith(EXACT)]
    family = [name for name in kin if name.startswith(FAMILY)]
    names = [*exact, *near.names, *near.relatives[:_MOST_RELATIVES]]
    found = tx.records.tracks_of({*names, *family})
    return Experienced(
        tracks=next((found[name] for name in names if name in found), ()),
        family=[one for name in family for one in found.get(name, ())],
    )
