"""How people see and set goals."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.cycles.goals import Goal
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.orchestration import goals
from tests.builders import Ward

NIGHTS = Goal(name="nights", indicator="autonomy", objective=0.9, window=timedelta(days=30), owner="ann", budgeted=True)


@pytest.fixture
def ward() -> Ward:
    return Ward()


def test_a_goal_is_evaluated_as_soon_as_it_is_made(ward: Ward) -> None:
    made = goals.make(ward.ledger, ward.clock, NIGHTS, by="ann")
    assert (made.by, made.made_at) == ("ann", ward.clock.now())
    assert goals.goal(ward.ledger, "nights").evaluation is None
    ward.work()
    found = goals.goal(ward.ledger, "nights")
    assert found.evaluation is not None
    assert found.evaluation.reason == "nothing that counts has happened in its window"
    assert [one.action for one in ward.ledger.entries if one.subject == "goal:nights"] == ["goal.made"]


def test_a_healed_incident_counts_for_the_goals(ward: Ward) -> None:
    ward.fall_ill()
    ward.live(timedelta(minutes=2))
    goals.make(ward.ledger, ward.clock, NIGHTS, by="ann")
    ward.work()
    standing = {one.goal.name: one for one in goals.goals(ward.ledger)}
    assert {name: one.evaluation.value for name, one in standing.items() if one.evaluation} == {
        "autonomy": 1.0,
        "coverage": 1.0,
        "error_patterns": 1.0,
        "healing_success": 1.0,
        "nights": 1.0,
        "prompt_response": 1.0,
    }


def test_a_starter_can_be_ended_and_made_again_with_another_objective(ward: Ward) -> None:
    goals.end(ward.ledger, ward.clock, "autonomy", by="ann", reason="too easy")
    with pytest.raises(NotFoundError, match="unknown goal 'autonomy'; known: coverage, "):
        goals.goal(ward.ledger, "autonomy")
    goals.make(ward.ledger, ward.clock, replace(NIGHTS, name="autonomy", objective=0.95), by="ann")
    assert goals.goal(ward.ledger, "autonomy").goal.objective == 0.95


def test_what_another_goal_needs_is_not_ended_and_a_name_is_not_given_twice(ward: Ward) -> None:
    goals.make(ward.ledger, ward.clock, replace(NIGHTS, needs=("coverage",)), by="ann")
    with pytest.raises(InputError, match="goal 'coverage' is needed by nights; end that first"):
        goals.end(ward.ledger, ward.clock, "coverage", by="ann", reason="no")
    with pytest.raises(ConflictError, match="exists"):
        goals.make(ward.ledger, ward.clock, NIGHTS, by="bob")
    with pytest.raises(InputError, match="needs a reason"):
        goals.end(ward.ledger, ward.clock, "nights", by="ann", reason=" ")
