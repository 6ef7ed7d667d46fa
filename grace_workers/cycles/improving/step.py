"""The improvement cycle's step with what it proposed before, and with what a replay recommends now. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from grace_workers.cycles.improving.improvement import MOST_PAST, Improvement, ImprovementMemory, ImprovementState
from grace_workers.cycles.improving.look import ImprovementLook, Improving
from grace_workers.cycles.improving.measuring import MeasuredEffect, counts, measured, success
from grace_workers.cycles.tuning import setting_plan
from grace_workers.cycles.weak_spots.low_success import ENOUGH
from grace_workers.cycles.withdrawn import Withdrawn
from grace_workers.playbooks import UNSET, AdjustedFigure, Adjustment, Mode, ReadyPlan

GRANTED_WITHIN, ASK_AGAIN_AFTER = timedelta(days=7), timedelta(days=1)
NOT_AGAIN_WITHIN = timedelta(days=30)
_LONGEST_REASON = 480


@dataclass(slots=True)
class _Course:
    """What a look brings about, gathered."""

    moved: list[Improvement] = field(default_factory=list)
    plans: list[ReadyPlan] = field(default_factory=list)
    withdrawn: list[Withdrawn] = field(default_factory=list)


def improved(look: ImprovementLook, memory: ImprovementMemory, now: datetime) -> Improving:
    """Return what follows from a look."""
    course = _Course()
    known = [_next(one, look, now, course) for one in memory.open]
    past = [*memory.past, *(one for one in known if one.state.is_over)]
    known = [one for one in known if not one.state.is_over]
    taken = {one.playbook for one in known} | resting(past, now)
    for adjustment, cases in look.replays:
        if adjustment.playbook in taken:
            continue
        wanted = _worth(look, adjustment, cases.replayed, cases.avoided, cases.lost, now)
        if wanted is not None:
            taken.add(adjustment.playbook)
            known.append(wanted)
            course.moved.append(wanted)
            course.plans.append(_putting(wanted))
    after = ImprovementMemory(open=tuple(known), past=tuple(past[-MOST_PAST:]))
    return Improving(memory=after, moved=course.moved, plans=course.plans, withdrawn=course.withdrawn)


def resting(past: Sequence[Improvement], now: datetime) -> set[str]:
    """Return the playbooks for which nothing is proposed now, because something was not long ago."""
    return {one.playbook for one in past if now - one.moved_at < NOT_AGAIN_WITHIN}


def taking_back(playbook: str, figure: AdjustedFigure, value: int, reason: str) -> ReadyPlan:
    """Return the plan after which the playbook is as its file says."""
    name = f"take_back_{playbook}"[:64].rstrip("_")
    return setting_plan(name, f"{playbook}.{figure}", UNSET, reason[:_LONGEST_REASON], instead_of=value)


def _next(one: Improvement, look: ImprovementLook, now: datetime, course: _Course) -> Improvement:
    after = _moved(one, look, now)
    if after.state is not one.state:
        course.moved.append(after)
        if one.state is ImprovementState.PROPOSED and after.state is ImprovementState.LEFT:
            course.withdrawn.append(Withdrawn(plan=one.plan, reason=after.told))
        if after.state is ImprovementState.LEAVING:
            course.plans.append(taking_back(after.playbook, after.figure, after.value, after.told))
    elif after.state is ImprovementState.LEAVING and now - after.moved_at >= ASK_AGAIN_AFTER:
        course.plans.append(taking_back(after.playbook, after.figure, after.value, after.told))
        return after.moved(after.state, now, after.told)
    return after


def _moved(one: Improvement, look: ImprovementLook, now: datetime) -> Improvement:
    """Return it as it is now."""
    state, adjustment = one.state, look.set.get(one.name)
    present = UNSET if adjustment is None else adjustment.value
    changed = look.bases.get(one.playbook) != one.base
    if state is ImprovementState.PROPOSED:
        return _awaited(one, adjustment if present == one.value and not changed else None, now, changed=changed)
    if present != one.value:
        told = one.told if state is ImprovementState.LEAVING else f"a plan of other people set it to {present}"
        return one.moved(ImprovementState.TAKEN_BACK, now, told)
    if state is ImprovementState.LEAVING:
        return one
    if changed:
        return one.moved(ImprovementState.LEAVING, now, f"the file of {one.playbook} was changed since it was proposed")
    if state is ImprovementState.KEPT:
        return one
    return _judged(one, look, now)


def _awaited(one: Improvement, in_force: Adjustment | None, now: datetime, *, changed: bool) -> Improvement:
    if in_force is not None:
        told = f"{one.words} is in force for {one.playbook}"
        return one.moved(ImprovementState.IN_FORCE, now, told).model_copy(update={"in_force_at": in_force.at})
    if changed:
        return one.moved(ImprovementState.LEFT, now, f"the file of {one.playbook} was changed before it was in force")
    if now - one.proposed_at >= GRANTED_WITHIN:
        return one.moved(ImprovementState.LEFT, now, f"its plan was not carried out within {GRANTED_WITHIN.days} days")
    return one


def _judged(one: Improvement, look: ImprovementLook, now: datetime) -> Improvement:
    helped, runs = counts(look.month.episodes, one.playbook, since=one.in_force_at)
    seen = one.model_copy(update={"runs_since": runs, "since": success(helped, runs)})
    effect = measured(seen, helped, now)
    told = f"{helped} of {runs} runs helped since, {one.before:.0%} did before, and {one.predicted:.0%} was predicted"
    match effect:
        case MeasuredEffect.HELPED:
            return seen.moved(ImprovementState.KEPT, now, f"it helped: {told}")
        case MeasuredEffect.DID_NOT_HELP:
            return seen.moved(ImprovementState.LEAVING, now, f"it did not help: {told}")
        case MeasuredEffect.UNKNOWN:
            return seen


def _worth(
    look: ImprovementLook, adjustment: Adjustment, replayed: int, avoided: int, lost: int, now: datetime
) -> Improvement | None:
    """Return the improvement if the replay shows that it would have made a difference for the better."""
    helped, runs = counts(look.month.episodes, adjustment.playbook)
    asks = adjustment.figure is AdjustedFigure.MODE
    left = runs - avoided - lost
    predicted = ENOUGH if asks else (success(helped - lost, left) or 0.0)
    if not avoided or (not asks and (lost > avoided or predicted < ENOUGH)):
        return None
    way = "would have waited for a person" if asks else "would not have been acted on by it"
    why = (
        f"{adjustment.words} for {adjustment.playbook}, which helped in {helped} of {runs} runs: of {replayed} "
        f"replayed incidents, {avoided} that it did not heal and {lost} that it healed {way}"
    )
    return Improvement(
        playbook=adjustment.playbook, figure=adjustment.figure, value=adjustment.value, base=adjustment.base, why=why,
        runs=runs, before=success(helped, runs) or 0.0, predicted=predicted,
        replayed=replayed, avoided=avoided, lost=lost, proposed_at=now, moved_at=now, told="its plan is submitted",
    )  # fmt: skip


def _putting(one: Improvement) -> ReadyPlan:
    """Return the plan that puts it into force. A person approves it, because it changes what people wrote."""
    why = one.why[:_LONGEST_REASON]
    return setting_plan(one.plan, one.name, one.value, why, instead_of=UNSET, mode=Mode.REVIEW)
