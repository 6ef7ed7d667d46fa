"""The improvements of the fleet as people see them, and the plan that takes one back."""

from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.cycles import NOTHING, Improvement, ImprovementMemory, declared_proposals, key_of
from grace_workers.foundation.errors import NotFoundError
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.work.improvements import STATE, standing
from grace_workers.playbooks import ReadyPlan


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


def withdrawing(line: Line, key: str, reason: str) -> ReadyPlan:
    """Return the plan that ends an improvement, named by its key, or one of a playbook by the playbook's name.

    Raises:
        NotFoundError: no such improvement is in force now.
    """
    with line.ledger.transaction() as tx:
        memory = ImprovementMemory.of(tx.cycle_states.peek(STATE))
    present = standing(line)
    found = {one.key: one for one in memory.open if one.version in present.get(one.key, NOTHING).in_force}
    wanted = key if ":" in key else key_of("playbook", key)
    if wanted not in found:
        known = ", ".join(sorted(found)) or "none"
        raise NotFoundError(f"no improvement {key[:200]!r} is in force; in force are: {known}")
    one = found[wanted].model_copy(update={"content": {**found[wanted].content, **present[wanted].made}})
    return declared_proposals()[one.kind].back(one, f"take back {one.change} of {one.subject}: {reason}")
