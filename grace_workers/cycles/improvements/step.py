"""The improvement cycle's step with what it proposed before, and with what a replay recommends now. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from grace_workers.cycles.improvements.improvement import MOST_PAST, Improvement, ImprovementMemory, ImprovementState
from grace_workers.cycles.improvements.kind import Way, declared_proposals
from grace_workers.cycles.improvements.look import ImprovementLook, Improving
from grace_workers.cycles.improvements.measuring import MeasuredEffect
from grace_workers.cycles.improvements.offers import CodingOrder
from grace_workers.cycles.improvements.standing import NOTHING, InForce
from grace_workers.cycles.withdrawn import Withdrawn
from grace_workers.playbooks import ReadyPlan

GRANTED_WITHIN, ASK_AGAIN_AFTER = timedelta(days=7), timedelta(days=1)
NOT_AGAIN_WITHIN = timedelta(days=30)
MOST_OPEN, MOST_KNOWN = 20, 500
"""How many of one kind may be open and not kept, so that no kind keeps others waiting; and how many in all."""


@dataclass(slots=True)
class _Course:
    """What a look brings about, gathered."""

    moved: list[Improvement] = field(default_factory=list)
    plans: list[ReadyPlan] = field(default_factory=list)
    orders: list[CodingOrder] = field(default_factory=list)
    withdrawn: list[Withdrawn] = field(default_factory=list)

    def put(self, way: Way) -> None:
        """Let what puts a proposal into force begin."""
        match way:
            case ReadyPlan() as plan:
                self.plans.append(plan)
            case CodingOrder() as order:
                self.orders.append(order)
            case _:
                assert_never(way)

    def leave(self, way: Way, why: str) -> None:
        """Take back what was to put a proposal into force; what waits for a person of a coding order expires alone."""
        if isinstance(way, ReadyPlan):
            self.withdrawn.append(Withdrawn(plan=way.name, reason=why))


def improved(look: ImprovementLook, memory: ImprovementMemory, now: datetime) -> Improving:
    """Return what follows from a look."""
    course = _Course()
    known = [_next(one, look, now, course) for one in memory.open]
    past = [*memory.past, *(one for one in known if one.state.is_over)]
    known = [one for one in known if not one.state.is_over]
    taken = {one.key for one in known} | resting(past, now)
    waiting = Counter(one.kind for one in known if one.state is not ImprovementState.KEPT)
    for wanted in look.wanted:
        if wanted.key not in taken and waiting[wanted.kind] < MOST_OPEN and len(known) < MOST_KNOWN:
            taken.add(wanted.key)
            waiting[wanted.kind] += 1
            known.append(wanted)
            course.moved.append(wanted)
            course.put(declared_proposals()[wanted.kind].putting(wanted))
    after = ImprovementMemory(open=tuple(known), past=tuple(past[-MOST_PAST:]))
    return Improving(
        memory=after, moved=course.moved, plans=course.plans, orders=course.orders, withdrawn=course.withdrawn
    )


def resting(past: Sequence[Improvement], now: datetime) -> set[str]:
    """Return the subjects for which nothing is proposed now, because something was not long ago."""
    return {one.key for one in past if now - one.moved_at < NOT_AGAIN_WITHIN}


def _next(one: Improvement, look: ImprovementLook, now: datetime, course: _Course) -> Improvement:
    if one.kind not in declared_proposals():
        # A newer release proposed it, and will go on with it.
        return one
    after, kind = _moved(one, look, now), declared_proposals()[one.kind]
    if after.state is not one.state:
        course.moved.append(after)
        if one.state is ImprovementState.PROPOSED and after.state is ImprovementState.LEFT:
            course.leave(kind.putting(one), after.told)
        if after.state is ImprovementState.LEAVING:
            course.plans.append(kind.back(after, after.told))
    elif after.state is ImprovementState.LEAVING and now - after.moved_at >= ASK_AGAIN_AFTER:
        course.plans.append(kind.back(after, after.told))
        return after.moved(after.state, now, after.told)
    return after


def _moved(one: Improvement, look: ImprovementLook, now: datetime) -> Improvement:
    """Return it as it is now."""
    state, standing = one.state, look.standing.get(one.key, NOTHING)
    since, changed = standing.in_force.get(one.version), standing.base != one.base
    if state is ImprovementState.PROPOSED:
        return _awaited(one, standing, now, changed=changed)
    if since is None:
        told = one.told if state is ImprovementState.LEAVING else standing.ended or "a plan of other people ended it"
        return one.moved(ImprovementState.TAKEN_BACK, now, told)
    if state is ImprovementState.LEAVING:
        return one
    if changed:
        return one.moved(ImprovementState.LEAVING, now, f"the file of {one.subject} was changed since it was proposed")
    if state is ImprovementState.KEPT:
        return one
    return _judged(one, look, now)


def _awaited(one: Improvement, standing: InForce, now: datetime, *, changed: bool) -> Improvement:
    since = standing.in_force.get(one.version)
    if since is not None and not changed:
        told, content = f"{one.change} is in force for {one.subject}", {**one.content, **standing.made}
        after = one.moved(ImprovementState.IN_FORCE, now, told)
        return after.model_copy(update={"in_force_at": since, "content": content})
    if changed:
        told = f"the file of {one.subject} was changed before it was in force"
        return one.moved(ImprovementState.LEFT, now, told)
    if standing.ended:
        return one.moved(ImprovementState.LEFT, now, standing.ended)
    if now - one.proposed_at >= GRANTED_WITHIN:
        return one.moved(ImprovementState.LEFT, now, f"its plan was not carried out within {GRANTED_WITHIN.days} days")
    return one


def _judged(one: Improvement, look: ImprovementLook, now: datetime) -> Improvement:
    found = declared_proposals()[one.kind].measure(one, look.month)
    seen = one.model_copy(update={"seen": found.seen, "since": found.since})
    match found.effect:
        case MeasuredEffect.HELPED:
            return seen.moved(ImprovementState.KEPT, now, f"it helped: {found.told}")
        case MeasuredEffect.DID_NOT_HELP:
            return seen.moved(ImprovementState.LEAVING, now, f"it did not help: {found.told}")
        case MeasuredEffect.UNKNOWN:
            return seen
