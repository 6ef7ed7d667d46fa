"""What the improvement cycle reads, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grace_workers.cycles.improvements.improvement import Improvement, ImprovementMemory
from grace_workers.cycles.improvements.offers import CodingOrder
from grace_workers.cycles.improvements.standing import InForce
from grace_workers.cycles.weak_spot import PastMonth
from grace_workers.cycles.withdrawn import Withdrawn
from grace_workers.playbooks import ReadyPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementLook:
    """What was read: the month, what is in force by subject, and the proposals that a replay speaks for."""

    month: PastMonth
    standing: Mapping[str, InForce] = field(default_factory=dict)
    wanted: Sequence[Improvement] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Improving:
    """What follows: the memory, what moved, plans and orders to submit, and plans that are not wanted any more."""

    memory: ImprovementMemory
    moved: Sequence[Improvement] = ()
    plans: Sequence[ReadyPlan] = ()
    orders: Sequence[CodingOrder] = ()
    withdrawn: Sequence[Withdrawn] = ()
