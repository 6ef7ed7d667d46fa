"""Which goals are in force when the fleet's proposals and people's wishes meet."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from grace_workers.cycles import FleetChange, Goal, GoalChange, goals_in_force
from grace_workers.cycles.improvements.goal_change import PROPOSER, resolved_goals

NOW = datetime(2026, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)
PEOPLES = Goal(name="coverage", indicator="coverage", objective=0.8, window=30 * DAY, owner="ann", made_at=NOW - DAY)


def change(objective: float, instead_of: float | None = 0.8, *, at: datetime | None = NOW) -> FleetChange:
    goal = GoalChange(
        name="coverage", indicator="coverage", objective=objective, days=30, owner="ann", instead_of=instead_of
    )
    return FleetChange(kind="goal", subject=goal.subject, content=goal.model_dump(), proposed_at=NOW, in_force_at=at)


def coverage(stored: list[Goal], *changes: FleetChange) -> Goal | None:
    return next((one for one in goals_in_force(stored, changes) if one.name == "coverage"), None)


def test_a_change_in_force_makes_a_goal_of_people_or_a_starter_harder_and_keeps_the_rest_of_it() -> None:
    assert coverage([PEOPLES], change(0.85)) == replace(PEOPLES, objective=0.85, made_at=NOW, by=PROPOSER)
    assert coverage([PEOPLES], change(0.85, at=None)) == PEOPLES
    starter = coverage([], change(0.85))
    assert starter is not None
    assert (starter.objective, starter.owner) == (0.85, "grace")


def test_steps_follow_each_other_and_the_last_can_be_taken_back_alone() -> None:
    first, second = change(0.85), change(0.9, 0.85, at=NOW + DAY)
    assert [one.objective for one in (coverage([], first, second), coverage([], first)) if one] == [0.9, 0.85]
    assert resolved_goals([], [second]).applied == frozenset()
    assert resolved_goals([], [second, first]).applied == {first.limit, second.limit}


def test_what_people_say_after_it_holds() -> None:
    again = replace(PEOPLES, made_at=NOW + DAY)
    assert coverage([again], change(0.85)) == again
    assert coverage([replace(PEOPLES, objective=0.7)], change(0.85)) == replace(PEOPLES, objective=0.7)
    assert coverage([replace(PEOPLES, ended_at=NOW + DAY)], change(0.85)) is None
    assert coverage([replace(PEOPLES, ended_at=NOW - DAY / 2)], change(0.85)) is None


def test_a_goal_that_there_was_not_is_made_where_there_is_none() -> None:
    ended = replace(PEOPLES, ended_at=NOW - DAY / 2)
    made = coverage([ended], change(0.6, None))
    assert made is not None
    assert (made.objective, made.by, made.made_at) == (0.6, PROPOSER, NOW)
    assert coverage([PEOPLES], change(0.6, None)) == PEOPLES
    assert coverage([replace(PEOPLES, ended_at=NOW + DAY)], change(0.6, None)) is None
