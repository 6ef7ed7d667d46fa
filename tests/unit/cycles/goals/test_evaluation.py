from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.cycles.goals import Goal, GoalEvaluation, GoalState, IndicatorKind, Measured
from grace_workers.cycles.goals.evaluation import evaluate, evaluated
from grace_workers.cycles.goals.standing import dumped, standing_of
from grace_workers.cycles.outcome_count import FleetRecord, OutcomeCount

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GOAL = Goal(name="heal", indicator="healing_success", objective=0.9, window=7 * DAY, owner="ann")


def days(shares: Sequence[float], total: float = 40) -> list[Measured]:
    start = NOW - DAY * (len(shares) - 1)
    return [Measured(at=start + DAY * n, good=share * total, total=total) for n, share in enumerate(shares)]


def stands(shares: Sequence[float], needed: dict[str, GoalState] | None = None) -> GoalEvaluation:
    return evaluate(GOAL, IndicatorKind.SHARE, days(shares), NOW, needed or {})


def test_without_outcomes_nothing_is_known() -> None:
    assert (stands([]).state, stands([]).value) == (GoalState.UNKNOWN, None)


def test_the_value_is_that_of_the_window_weighed_by_what_happened() -> None:
    seen = [*days([0.0] * 10)[:3], *days([1.0] * 7, total=10)]
    assert evaluate(GOAL, IndicatorKind.SHARE, seen, NOW, {}).value == 1.0
    assert stands([0.5] * 3 + [1.0] * 7).value == 1.0
    assert stands([0.5] * 14).value == 0.5


def test_a_few_days_are_judged_but_not_forecast() -> None:
    few = stands([0.95] * 3)
    assert (few.state, few.ahead) == (GoalState.MET, ())
    assert few.reason.endswith("a forecast needs 8 days with outcomes, not 3")
    assert stands([0.5] * 3).state is GoalState.UNKNOWN


@pytest.mark.parametrize(
    ("shares", "state"),
    [
        ([0.95, 0.96] * 15, GoalState.MET),
        ([0.60 + n * 0.012 for n in range(24)], GoalState.ON_TRACK),
        ([0.5, 0.52] * 15, GoalState.OFF_TRACK),
        ([1.0] * 10 + [1.0 - n * 0.012 for n in range(12)], GoalState.AT_RISK),
    ],
)
def test_the_state_follows_from_value_and_forecast(shares: Sequence[float], state: GoalState) -> None:
    assert stands(shares).state is state


def test_when_a_rising_goal_will_be_met_lies_in_its_intervals() -> None:
    found = stands([0.60 + n * 0.012 for n in range(24)])
    assert found.met_by is not None
    assert found.met_within_80 is not None
    assert found.met_within_95 is not None
    ends = [one or 999 for one in (found.met_within_95[0], found.met_within_80[0], found.met_by)]
    assert ends == sorted(ends)
    # Its days reach the objective at day 25, and the window's mean three days later.
    assert 1 <= found.met_by <= 8


def test_a_goal_is_not_met_before_those_that_it_needs() -> None:
    found = stands([0.95] * 20, {"coverage": GoalState.OFF_TRACK})
    assert found.state is GoalState.AT_RISK
    assert found.reason.endswith("it needs coverage, which is not met")


def test_the_same_record_gives_the_same_forecast_and_survives_its_storage() -> None:
    first, second = stands([0.7, 0.8] * 10), stands([0.7, 0.8] * 10)
    assert first == second
    assert standing_of(GoalEvaluation, dumped(first)) == first
    assert standing_of(GoalEvaluation, {"state": "from another release"}) is None


def test_a_level_keeps_its_last_value_and_is_forecast_by_its_rise() -> None:
    goal = replace(GOAL, indicator="error_patterns", objective=50.0)
    seen = [Measured(at=NOW - DAY * (60 - 3 * n), good=n + 20, total=1) for n in range(20)]
    found = evaluate(goal, IndicatorKind.LEVEL, seen, NOW, {})
    assert found.value == 39
    assert found.met_by is not None
    assert 10 < found.met_by < 70


def test_goals_are_evaluated_after_those_that_they_need() -> None:
    record = FleetRecord(
        outcomes=[OutcomeCount(at=NOW - DAY * n, incidents=10, alone=9, planned=2) for n in range(20, -1, -1)]
    )
    coverage = replace(GOAL, name="z", indicator="coverage")
    found = evaluated(
        [replace(GOAL, name="a", indicator="autonomy", objective=0.8, needs=("z",)), coverage], record, NOW
    )
    assert (found["z"].state, found["a"].state) == (GoalState.OFF_TRACK, GoalState.AT_RISK)
