"""The improvements of playbooks as people see them, and the plan that takes one back."""

from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.cycles import Improvement, ImprovementMemory, taking_back
from grace_workers.foundation.errors import NotFoundError
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.adjustments import AdjustmentStore
from grace_workers.playbooks import ReadyPlan

STATE = "cycle.improvement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvements:
    """What was proposed and is not over, and what is, the newest first."""

    open: Sequence[Improvement]
    past: Sequence[Improvement]


def improvements(ledger: LineLedger) -> Improvements:
    """Return what the improvement cycle proposed, and what became of it."""
    with ledger.transaction() as tx:
        stored = tx.cycle_states.read(STATE)
    memory = ImprovementMemory.of(stored)
    return Improvements(open=memory.open[::-1], past=memory.past[::-1])


def withdrawing(ledger: LineLedger, playbook: str, reason: str) -> ReadyPlan:
    """Return the plan after which a playbook is as its file says. Raises NotFoundError if it is so now."""
    with ledger.transaction() as tx:
        in_force = {one.playbook: one for one in tx[AdjustmentStore].all() if one.value}
    if playbook not in in_force:
        known = ", ".join(sorted(in_force)) or "none"
        raise NotFoundError(f"playbook {playbook[:80]!r} is as its file says; adjusted are: {known}")
    one = in_force[playbook]
    return taking_back(one.playbook, one.figure, one.value, f"take back {one.words} of {playbook}: {reason}")
