"""Every day: evaluates the goals, and finds those at risk, off track, or ready to be harder (L5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.goals import (
    Goal,
    GoalEvaluation,
    GoalState,
    Indicator,
    IndicatorKind,
    declared_indicators,
)
from grace_workers.cycles.outcome_count import FleetRecord
from grace_workers.foundation.document import JsonValue

LOOK_BACK = timedelta(days=120)
HARDER_FROM = 0.975
_ORDER = {GoalState.OFF_TRACK: 0, GoalState.AT_RISK: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalLook:
    """The goals in force, and the fleet's record by days."""

    goals: Sequence[Goal]
    record: FleetRecord


def read(readers: Readers) -> GoalLook:
    """Read the goals and the record."""
    return GoalLook(goals=readers.goals(), record=readers.record(LOOK_BACK, timedelta(days=1)))


def judge(look: GoalLook, before: JsonValue, now: datetime) -> Found:
    """Return how each goal stands as the memory, which people read, and what follows as findings."""
    # NumPy is imported only where a goal is evaluated.
    from grace_workers.cycles.goals.evaluation import evaluated
    from grace_workers.cycles.goals.standing import dumped

    del before
    standing = evaluated(look.goals, look.record, now)
    worst_first = sorted(look.goals, key=lambda goal: _ORDER.get(standing[goal.name].state, len(_ORDER)))
    findings = [one for goal in worst_first if (one := _finding(goal, standing[goal.name])) is not None]
    memory: dict[str, JsonValue] = {name: dumped(one) for name, one in standing.items()}
    result: dict[str, JsonValue] = {state.value: _count(standing, state) for state in GoalState}
    return Found(memory=memory, findings=findings, result=result)


def _count(standing: Mapping[str, GoalEvaluation], state: GoalState) -> int:
    return sum(one.state is state for one in standing.values())


def _finding(goal: Goal, stands: GoalEvaluation) -> Finding | None:
    if stands.value is None:
        return None
    figures = {"value": stands.value, "objective": goal.objective, "outcomes": stands.total}
    indicator = declared_indicators()[goal.indicator]
    if stands.state in _ORDER:
        said = "at risk" if stands.state is GoalState.AT_RISK else "off track"
        change = ProposedChange(change=ChangeKind.PLAYBOOK, what=indicator.advice, expected={"value": goal.objective})
        return Finding(
            key=f"missed:{goal.name}",
            title=f"goal {goal.name} is {said}: {stands.reason}",
            figures=figures,
            proposal=change,
        )
    harder = _harder(goal, stands, indicator)
    if harder is None:
        return None
    what = f"end goal {goal.name} and make one of at least {harder:.3g}"
    change = ProposedChange(change=ChangeKind.SETTING, what=what, expected={"objective": harder})
    title = f"goal {goal.name} is met, and very likely stays so"
    return Finding(key=f"harder:{goal.name}", title=title, figures=figures, proposal=change)


def _harder(goal: Goal, stands: GoalEvaluation, indicator: Indicator) -> float | None:
    """Return a harder objective for a goal that is met and will be; None while that is not sure."""
    if stands.state is not GoalState.MET or stands.chance is None or stands.chance < HARDER_FROM or not stands.ahead:
        return None
    lows = [day.within_95[0] for day in stands.ahead if day.within_95 is not None]
    reached = min(lows, default=goal.objective)
    step = round((goal.objective + reached) / 2, 3 if indicator.measure is IndicatorKind.SHARE else 0)
    top = 0.999 if indicator.measure is IndicatorKind.SHARE else step
    return min(step, top) if min(step, top) > goal.objective else None


DEFINITION = Cycle(
    name="goals",
    summary="Evaluates the goals with a forecast; finds those at risk, off track, or ready to be harder.",
    cadence=timedelta(days=1),
    read=read,
    judge=judge,
    audited=True,
)
