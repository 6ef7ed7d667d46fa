"""A goal that is surely met is asked for more, and an indicator whose trend says so gets a goal.

Both change what the fleet is measured by and nothing that it does, so nothing is replayed: the forecast of the goal
cycle, which was drawn from the record, is what was predicted.
"""

from collections.abc import Collection, Iterator, Sequence

from grace_workers.cycles.cycle import Readers
from grace_workers.cycles.goals import (
    FLEET_OWNER,
    MONTH,
    MOST_GOALS,
    Goal,
    declared_indicators,
    harder,
    trend_of,
    wanted,
)
from grace_workers.cycles.improvements.fleet_change import FleetChange, version_of
from grace_workers.cycles.improvements.goal_change import GOAL, GoalChange, resolved_goals
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kind import ProposalKind
from grace_workers.cycles.improvements.measuring import MeasuredChange, measured_share
from grace_workers.cycles.improvements.plans import ending_plan, offered, putting_plan
from grace_workers.cycles.improvements.standing import InForce
from grace_workers.cycles.weak_spot import PastMonth
from grace_workers.playbooks import ReadyPlan

MOST_PREDICTED = 0.95


def find(readers: Readers, month: PastMonth) -> Sequence[Improvement]:
    """Return a harder objective for each goal that is surely met, and a goal for each indicator that needs one."""
    del readers
    return [*_harder(month), *_new(month)]


def _harder(month: PastMonth) -> Iterator[Improvement]:
    indicators = declared_indicators()
    for goal in month.goals:
        stands = month.standings.get(goal.name)
        if stands is None or goal.indicator not in indicators:
            continue
        objective = harder(goal, stands, indicators[goal.indicator])
        if objective is not None and stands.chance is not None:
            change = GoalChange(
                name=goal.name, indicator=goal.indicator, objective=objective, days=goal.window.days,
                owner=goal.owner, instead_of=goal.objective,
            )  # fmt: skip
            why = (
                f"goal {goal.name} is met with {stands.value:.3g} of at least {goal.objective:g}, and the forecast "
                f"never falls below {objective:g} with 97.5 % certainty; so it asks for nothing any more"
            )
            yield _proposal(change, why, MOST_PREDICTED, int(stands.total), month)


def _new(month: PastMonth) -> Iterator[Improvement]:
    watched = {one.indicator for one in month.goals} | month.unwatched
    taken = {one.name for one in month.goals}
    free = MOST_GOALS - len(month.goals)
    for indicator in declared_indicators():
        trend = month.standings.get(trend_of(indicator.name))
        asked = None if trend is None or indicator.name in watched | taken or free <= 0 else wanted(indicator, trend)
        if asked is not None and trend is not None:
            free -= 1
            change = GoalChange(
                name=indicator.name, indicator=indicator.name, objective=asked.objective, days=MONTH.days,
                owner=FLEET_OWNER,
            )  # fmt: skip
            why = f"no goal watches it: {asked.why}"
            yield _proposal(change, why, max(asked.chance, 0.5), int(trend.total), month)


def putting(one: Improvement) -> ReadyPlan:
    """Return the plan that puts it into force. A person approves it, because people are held to it from then on."""
    return putting_plan(f"set_goal_{one.subject}", one)


def back(one: Improvement, reason: str) -> ReadyPlan:
    """Return the plan after which the goal is what it was."""
    return ending_plan(f"restore_goal_{one.subject}", one, reason)


def measure(one: Improvement, month: PastMonth) -> MeasuredChange:
    """Count the days since at whose end the goal was met; a goal that it surely is not is one that no one can hold."""
    change, since = GoalChange.read(one.content, one.key), (one.in_force_at or month.now).date()
    stands = month.standings.get(change.name)
    days = [] if stands is None else [day for day in stands.past if day.day > since]
    met = sum(day.value >= change.objective for day in days)
    return measured_share(one, met, len(days), month.now, what="days met it")


def standing_of_goal(one: Improvement, stored: Collection[Goal], changes: Collection[FleetChange]) -> InForce:
    """Return what is in force of a proposal: nothing once people gave the goal another objective or ended it."""
    mine = [change for change in changes if change.key == one.key and change.in_force_at is not None]
    applied = resolved_goals(stored, changes).applied
    wanted_goal = GoalChange.read(one.content, one.key)
    held = {one.version: one.in_force_at for one in mine if one.limit in applied and one.in_force_at is not None}
    present = next((goal for goal in resolved_goals(stored, changes).goals if goal.name == wanted_goal.name), None)
    waits = not mine and (None if present is None else present.objective) == wanted_goal.instead_of
    ended = "" if held or waits else f"goal {wanted_goal.name} was changed or ended since it was proposed"
    return InForce(in_force=held, ended=ended)


def _proposal(change: GoalChange, why: str, predicted: float, seen: int, month: PastMonth) -> Improvement:
    content = change.model_dump(mode="json")
    return Improvement(
        kind=GOAL, subject=change.subject, change=change.words, content=content, version=version_of(content), why=why,
        before=0.0, predicted=round(predicted, 3), replayed=seen, avoided=0, lost=0, proposed_at=month.now,
        moved_at=month.now,
    )  # fmt: skip


DEFINITION = ProposalKind(
    name=GOAL,
    summary="A goal that is surely met asks for more, and an indicator whose trend asks for a goal gets one.",
    measures="share of days at whose end the goal is met",
    find=find,
    offer=offered,
    putting=putting,
    back=back,
    measure=measure,
    holds=GoalChange,
)
