"""Every day: evaluates the goals and the indicators without one, and finds what is at risk or should be asked (L5).

The improvement cycle proposes from it: a harder goal, a new one, and better playbooks for one that is missed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.goals import (
    Goal,
    GoalEvaluation,
    GoalState,
    declared_indicators,
    harder,
    trend_of,
    wanted,
)
from grace_workers.cycles.outcome_count import FleetRecord
from grace_workers.foundation.document import JsonValue

LOOK_BACK = timedelta(days=120)
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
    trends = _trends(look, now)
    findings += [found for name, one in trends.items() if (found := _missing(name, one)) is not None]
    remembered = {**standing, **{trend_of(name): one for name, one in trends.items()}}
    memory: dict[str, JsonValue] = {name: dumped(one) for name, one in remembered.items()}
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
    objective = harder(goal, stands, indicator)
    if objective is None:
        return None
    what = f"let goal {goal.name} be at least {objective:.3g}"
    change = ProposedChange(change=ChangeKind.SETTING, what=what, expected={"objective": objective})
    title = f"goal {goal.name} is met, and very likely stays so"
    return Finding(key=f"harder:{goal.name}", title=title, figures=figures, proposal=change)


def _trends(look: GoalLook, now: datetime) -> Mapping[str, GoalEvaluation]:
    """Return how each indicator stands that no goal watches."""
    # NumPy is imported only where a goal is evaluated.
    from grace_workers.cycles.goals.evaluation import trend

    watched = {one.indicator for one in look.goals}
    found = {one.name: trend(one, look.record, now) for one in declared_indicators() if one.name not in watched}
    return {name: stands for name, stands in found.items() if stands is not None}


def _missing(name: str, stands: GoalEvaluation) -> Finding | None:
    asked = wanted(declared_indicators()[name], stands)
    if asked is None or stands.value is None:
        return None
    return Finding(
        key=f"wanted:{name}",
        title=f"no goal watches an indicator that has a trend: {asked.why}",
        figures={"value": stands.value, "outcomes": stands.total},
        proposal=ProposedChange(
            change=ChangeKind.SETTING,
            what=f"make a goal of at least {asked.objective:.3g}",
            expected={"objective": asked.objective},
        ),
    )


DEFINITION = Cycle(
    name="goals",
    summary="Evaluates the goals with a forecast; finds those at risk, off track, ready to be harder, or missing.",
    cadence=timedelta(days=1),
    read=read,
    judge=judge,
    audited=True,
)
