"""What the improvement cycle reads, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grace_workers.cycles.improving.improvement import ChangedCases, Improvement, ImprovementMemory
from grace_workers.cycles.weak_spot import PastMonth
from grace_workers.cycles.withdrawn import Withdrawn
from grace_workers.playbooks import Adjustment, ReadyPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementLook:
    """What was read. `set` are the adjustments by name; `bases` are the digests of the playbooks' files.

    `replays` are the candidates in their order, with what a replay of stored incidents showed of each.
    """

    month: PastMonth
    set: Mapping[str, Adjustment] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    replays: Sequence[tuple[Adjustment, ChangedCases]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Improving:
    """What follows: the memory, what moved, the plans to submit, and those that are not wanted any more."""

    memory: ImprovementMemory
    moved: Sequence[Improvement] = ()
    plans: Sequence[ReadyPlan] = ()
    withdrawn: Sequence[Withdrawn] = ()
