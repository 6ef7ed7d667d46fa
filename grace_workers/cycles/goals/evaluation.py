"""Whether a goal is met, will be met, and why: from the days of its indicator. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.cycles.goals.goal import FLEET_OWNER, MONTH, Goal, declared_indicators
from grace_workers.cycles.goals.indicator import Indicator, IndicatorKind, Measured
from grace_workers.cycles.goals.series import FEWEST, Series, told, with_needs
from grace_workers.cycles.goals.standing import GoalEvaluation, GoalState
from grace_workers.cycles.goals.wanted import affordable
from grace_workers.cycles.outcome_count import FleetRecord


def evaluated(goals: Sequence[Goal], record: FleetRecord, now: datetime) -> Mapping[str, GoalEvaluation]:
    """Return how each goal stands, those first that others need. A needed goal that is not in force counts as met."""
    left, found = {one.name: one for one in goals}, dict[str, GoalEvaluation]()
    while left:
        ready = [one for one in left.values() if not set(one.needs) & left.keys()] or list(left.values())
        for goal in ready:
            indicator = declared_indicators()[goal.indicator]
            needed = {name: found[name].state for name in goal.needs if name in found}
            found[goal.name] = evaluate(goal, indicator.measure, indicator.read(record), now, needed)
            del left[goal.name]
    return found


def evaluate(
    goal: Goal, measure: IndicatorKind, days: Sequence[Measured], now: datetime, needed: Mapping[str, GoalState]
) -> GoalEvaluation:
    """Return how a goal stands. `days` are its indicator's, oldest first; `needed` are the states of those it needs."""
    series = Series(goal, measure, days, now)
    if series.value is None:
        return GoalEvaluation(state=GoalState.UNKNOWN, reason="nothing that counts has happened in its window", at=now)
    waiting = sorted(name for name, state in needed.items() if state is not GoalState.MET)
    met = series.value >= goal.objective
    if len(series.daily) < FEWEST:
        state = GoalState.MET if met and not waiting else GoalState.UNKNOWN
        reason = told(goal, series.value, f"a forecast needs {FEWEST} days with outcomes, not {len(series.daily)}")
        return GoalEvaluation(
            state=state,
            reason=with_needs(reason, waiting),
            at=now,
            value=series.value,
            total=series.total,
            past=series.past,
        )
    # NumPy takes 15 MiB, and is imported only where there is something to forecast.
    from grace_workers.cycles.goals.looking_ahead import looking_ahead

    return looking_ahead(goal, series, waiting, now)


def trend(indicator: Indicator, record: FleetRecord, now: datetime) -> GoalEvaluation | None:
    """Return how an indicator without a goal stands against what it is now; None where nothing that counts happened."""
    days, name = indicator.read(record), indicator.name
    unset = Goal(name=name, indicator=name, objective=0.0, window=MONTH, owner=FLEET_OWNER)
    present = Series(unset, indicator.measure, days, now).value
    if present is None:
        return None
    return evaluate(replace(unset, objective=affordable(indicator, present)), indicator.measure, days, now, {})
