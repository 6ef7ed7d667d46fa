"""`ProposalKind`: one kind of change that the improvement cycle proposes. A file each in `kinds`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from grace_workers.cycles.cycle import Readers
from grace_workers.cycles.improvements import kinds
from grace_workers.cycles.improvements.fleet_change import FleetChange
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.measuring import MeasuredChange
from grace_workers.cycles.improvements.offers import CodingOrder, OfferedCause
from grace_workers.cycles.weak_spot import PastMonth
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.document import Document
from grace_workers.playbooks import Adjustment, ReadyPlan

Offer: TypeAlias = Adjustment | FleetChange | OfferedCause | None
"""What may be put into force from the proposal on; None where the way into force needs nothing to be kept."""

Way: TypeAlias = ReadyPlan | CodingOrder
"""A plan, or work of the coding agent, whose result is one: either way governance judges it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalKind:
    """A kind of change.

    `find` returns what the month speaks for and a replay confirms, at most one proposal of each subject.
    `putting` is the way that puts one into force, `back` the plan that ends it, for a reason.
    `measure` compares what happened since it is in force with what was predicted. `measures` says what that is.
    `holds` is what a fleet change of the kind says, None for a kind that offers no fleet change.
    """

    name: str
    summary: str
    measures: str
    find: Callable[[Readers, PastMonth], Sequence[Improvement]]
    offer: Callable[[Improvement], Offer]
    putting: Callable[[Improvement], Way]
    back: Callable[[Improvement, str], ReadyPlan]
    measure: Callable[[Improvement, PastMonth], MeasuredChange]
    holds: type[Document] | None = None


@cache
def declared_proposals() -> Catalog[ProposalKind]:
    """Return all kinds of proposals. Raises CatalogError for a faulty definition."""
    return discover(kinds, ProposalKind, label="proposal")
