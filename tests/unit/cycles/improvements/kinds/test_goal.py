"""Goals: which harder or new one is proposed, whether the fleet can hold it, and what people's wishes end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.cycles import FleetChange, Goal, GoalEvaluation, PastMonth, standing_of_goal
from grace_workers.cycles.goals import STARTERS, GoalDay
from grace_workers.cycles.goals.evaluation import evaluated, trend
from grace_workers.cycles.goals.goal import declared_indicators
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kinds.goal import DEFINITION
from grace_workers.cycles.improvements.measuring import MeasuredEffect
from grace_workers.cycles.outcome_count import FleetRecord, OutcomeCount
from grace_workers.playbooks import Mode

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
(COVERAGE,) = (one for one in STARTERS if one.name == "coverage")


def record(*planned: int) -> FleetRecord:
    """Return days of 40 incidents, of which so many had a plan."""
    ago = range(len(planned) - 1, -1, -1)
    return FleetRecord(
        outcomes=[
            OutcomeCount(at=NOW - DAY * day, incidents=40, planned=of) for day, of in zip(ago, planned, strict=True)
        ]
    )


STEADY = record(*(37 + day % 3 for day in range(60)))
FALLING = record(*(38 - day // 4 + day % 2 for day in range(60)))


def month(goals: Sequence[Goal], of: FleetRecord, *, unwatched: str = "") -> PastMonth:
    """Return what the goal cycle remembers of a record."""
    trends = {"trend:coverage": trend(declared_indicators()["coverage"], of, NOW)}
    standings = {**evaluated(goals, of, NOW), **{name: one for name, one in trends.items() if one is not None}}
    return PastMonth(now=NOW, goals=goals, standings=standings, unwatched=frozenset({unwatched}))


def found(month: PastMonth) -> Sequence[Improvement]:
    return DEFINITION.find(None, month)  # type: ignore[arg-type]


def test_a_goal_that_is_surely_met_is_asked_for_more_by_a_plan_that_a_person_approves() -> None:
    (one,) = found(month([COVERAGE], STEADY))
    assert one.key == "goal:coverage.from_0.8"
    assert 0.8 < one.content["objective"] < 0.95  # type: ignore[operator]
    assert one.change == f"coverage at least {one.content['objective']:g} instead of 0.8"
    change = DEFINITION.offer(one)
    assert isinstance(change, FleetChange)
    put, back = DEFINITION.putting(one), DEFINITION.back(one, "it did not help")
    assert (put.mode, back.mode) == (Mode.REVIEW, None)
    assert put.steps[0].params == {"limit": change.limit, "value": 1, "instead_of": 0}
    assert back.steps[0].params == {"limit": change.limit, "value": 0, "instead_of": 1}


def test_an_indicator_that_falls_gets_a_goal_unless_a_person_ended_it_lately() -> None:
    (one,) = found(month([], FALLING))
    assert (one.key, one.content["instead_of"]) == ("goal:coverage.new", None)
    assert one.why.startswith("no goal watches it: coverage is 0.")
    assert found(month([], FALLING, unwatched="coverage")) == []
    assert found(month([replace(COVERAGE, name="else")], FALLING)) == []
    named = replace(COVERAGE, indicator="autonomy")
    assert found(month([named], FALLING)) == []


@pytest.mark.parametrize(
    ("met", "missed", "age", "effect"),
    [
        (0, 0, 5, MeasuredEffect.UNKNOWN),
        (10, 0, 12, MeasuredEffect.HELPED),
        (1, 9, 12, MeasuredEffect.DID_NOT_HELP),
        (0, 2, 31, MeasuredEffect.DID_NOT_HELP),
    ],
)
def test_a_harder_goal_stays_if_the_days_since_meet_it(met: int, missed: int, age: int, effect: MeasuredEffect) -> None:
    (one,) = found(month([COVERAGE], STEADY))
    since = NOW - DAY * age
    before = [GoalDay(day=since.date() - DAY * day, value=0.1) for day in range(3)]
    days = [GoalDay(day=(since + DAY * (at + 1)).date(), value=0.95 if at < met else 0.5) for at in range(met + missed)]
    stands = replace(month([COVERAGE], STEADY).standings["coverage"], past=(*before, *days))
    seen = PastMonth(now=NOW, standings={"coverage": stands})
    measured = DEFINITION.measure(one.model_copy(update={"in_force_at": since}), seen)
    assert (measured.effect, measured.seen) == (effect, met + missed)
    assert measured.told.startswith(f"{met} of {met + missed} days met it since")


def test_what_people_do_with_the_goal_ends_the_proposal() -> None:
    (one,) = found(month([COVERAGE], STEADY))
    change = DEFINITION.offer(one)
    assert isinstance(change, FleetChange)
    held = replace(change, in_force_at=NOW + DAY)
    assert standing_of_goal(one, [], []).ended == ""
    assert standing_of_goal(one, [], [held]).in_force == {one.version: NOW + DAY}
    for theirs in (replace(COVERAGE, objective=0.7), replace(COVERAGE, ended_at=NOW + 2 * DAY)):
        for changes in ([], [held]):
            standing = standing_of_goal(one, [theirs], changes)
            assert (standing.in_force, standing.ended) == (
                {},
                "goal coverage was changed or ended since it was proposed",
            )


def test_an_evaluation_of_another_release_proposes_nothing() -> None:
    unknown = replace(COVERAGE, indicator="of_a_newer_release")
    stands: GoalEvaluation = month([COVERAGE], STEADY).standings["coverage"]
    assert found(PastMonth(now=NOW, goals=[unknown], standings={"coverage": stands})) == []
