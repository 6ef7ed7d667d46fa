from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.cycles import goals_in_force
from grace_workers.cycles.goals import STARTERS, Goal, checked_goal, declared_indicators
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.testing import FakeClock

NIGHTS = Goal(name="nights", indicator="autonomy", objective=0.9, window=timedelta(days=30), owner="ann")


def needing(name: str, *needs: str) -> Goal:
    return replace(NIGHTS, name=name, needs=needs)


def test_a_fleet_starts_with_five_goals_each_with_an_indicator_of_its_own() -> None:
    assert {one.name for one in goals_in_force([], [])} == {
        "autonomy",
        "coverage",
        "error_patterns",
        "healing_success",
        "prompt_response",
    }
    for one in STARTERS:
        assert checked_goal(one, []) == one
        assert one.indicator in declared_indicators().names


def test_a_stored_goal_replaces_a_starter_and_an_ended_one_is_gone() -> None:
    harder = replace(STARTERS[0], objective=0.95)
    assert {one.name: one.objective for one in goals_in_force([harder], [])}["healing_success"] == 0.95
    ended = replace(harder, ended_at=FakeClock().now())
    assert "healing_success" not in {one.name for one in goals_in_force([ended], [])}


@pytest.mark.parametrize(
    ("goal", "told"),
    [
        (replace(NIGHTS, indicator="luck"), "unknown indicator 'luck'; known: autonomy, "),
        (replace(NIGHTS, objective=1.0), "objective 1: autonomy is a share; give one between 0 and 1"),
        (replace(NIGHTS, objective=float("nan")), "objective nan"),
        (replace(NIGHTS, indicator="error_patterns", objective=-1), "give a number above 0"),
        (replace(NIGHTS, indicator="error_patterns", budgeted=True), "only a share has an error budget"),
        (replace(NIGHTS, window=timedelta(days=91)), "window 91 d: give one of 1 to 90 days"),
        (replace(NIGHTS, window=timedelta(hours=36)), "a whole number of days"),
        (needing("nights", "rest"), "needs 'rest', which is unknown; known: none"),
        (needing("nights", "nights"), "cannot need itself: nights needs nights"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(goal: Goal, told: str) -> None:
    with pytest.raises(InputError, match=told):
        checked_goal(goal, [])


def test_goals_that_would_need_each_other_are_refused_with_the_circle() -> None:
    others = [needing("a", "b"), needing("b", "c")]
    with pytest.raises(InputError, match="cannot need itself: c needs a needs b needs c"):
        checked_goal(needing("c", "a"), others)
    assert checked_goal(needing("d", "a"), others)


def test_a_name_is_given_once() -> None:
    with pytest.raises(ConflictError, match="goal 'nights' exists; end it first"):
        checked_goal(NIGHTS, [NIGHTS])
