from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.cycles.goals import (
    STARTERS,
    GoalEvaluation,
    GoalState,
    Indicator,
    declared_indicators,
    harder,
    wanted,
)
from grace_workers.cycles.goals.evaluation import evaluated, trend
from grace_workers.cycles.goals.wanted import affordable
from grace_workers.cycles.outcome_count import FleetRecord, OutcomeCount

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SHARE, LEVEL = (declared_indicators()[name] for name in ("coverage", "error_patterns"))


def record(*shares: float) -> FleetRecord:
    """Return days of forty incidents, of which such a share had a plan."""
    first = NOW - DAY * (len(shares) - 1)
    return FleetRecord(
        outcomes=[
            OutcomeCount(at=first + DAY * at, incidents=40, planned=round(40 * share))
            for at, share in enumerate(shares)
        ]
    )


def noisy(start: float, step: float) -> list[float]:
    return [start + step * day + (day * 7 % 5 - 2) / 100 for day in range(60)]


def test_an_indicator_that_falls_is_to_hold_what_it_is() -> None:
    found = trend(SHARE, record(*noisy(0.95, -0.006)), NOW)
    assert found is not None
    asked = wanted(SHARE, found)
    assert asked is not None
    assert found.value is not None
    assert asked.objective == affordable(SHARE, found.value) == 0.68
    assert asked.why.startswith("coverage is 0.683 and falls: a chance of 0%")


def test_an_indicator_that_rises_is_to_reach_what_its_forecast_does() -> None:
    found = trend(SHARE, record(*noisy(0.4, 0.006)), NOW)
    assert found is not None
    asked = wanted(SHARE, found)
    assert asked is not None
    assert found.value is not None
    assert found.value + 0.05 < asked.objective < 0.95
    assert " and holds or rises: a chance of " in asked.why


def test_no_goal_is_asked_for_what_goes_up_and_down_or_what_hardly_happened() -> None:
    swing = [0.3 if day // 7 % 2 else 0.9 for day in range(60)]
    for given in (record(*swing), record(*noisy(0.95, -0.006)[:6])):
        found = trend(SHARE, given, NOW)
        assert found is not None
        assert wanted(SHARE, found) is None
    assert trend(SHARE, FleetRecord(outcomes=()), NOW) is None


def test_a_share_of_fewer_than_twenty_outcomes_asks_for_no_goal() -> None:
    found = trend(SHARE, record(*noisy(0.95, -0.006)), NOW)
    assert found is not None
    assert wanted(SHARE, replace(found, total=20)) is not None
    assert wanted(SHARE, replace(found, total=19)) is None


@pytest.mark.parametrize(
    ("indicator", "value", "objective"),
    [(SHARE, 0.876, 0.87), (SHARE, 0.29, 0.29), (SHARE, 1.0, 0.99), (LEVEL, 51.9, 51.0)],
)
def test_an_objective_is_rounded_to_what_the_value_meets(indicator: Indicator, value: float, objective: float) -> None:
    assert affordable(indicator, value) == objective


def test_what_was_evaluated_before_the_goal_was_made_says_nothing_about_its_objective() -> None:

    goal = next(one for one in STARTERS if one.name == "coverage")
    stands = evaluated([goal], record(*noisy(0.95, 0.0)), NOW)["coverage"]
    assert stands.state is GoalState.MET
    first = harder(goal, stands, SHARE)
    assert first is not None
    assert 0.8 < first < 0.95
    assert harder(replace(goal, objective=first, made_at=NOW + DAY), stands, SHARE) is None
    assert harder(goal, GoalEvaluation(state=GoalState.MET, reason="", at=NOW, chance=1.0), SHARE) is None
