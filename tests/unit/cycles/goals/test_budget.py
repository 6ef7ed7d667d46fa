from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from grace_workers.cycles.goals import ErrorBudget, Goal, Measured, budget_of

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
MINUTES = timedelta(minutes=5)
GOAL = Goal(name="heal", indicator="healing_success", objective=0.99, window=timedelta(days=30), owner="ann")


def slices(failed: Sequence[float], total: float) -> list[Measured]:
    """Slices of five minutes up to now, each with that share of failures."""
    start = NOW - MINUTES * len(failed)
    return [Measured(at=start + MINUTES * n, good=total * (1 - one), total=total) for n, one in enumerate(failed)]


def budget(recent: Sequence[Measured]) -> ErrorBudget:
    return budget_of(GOAL, recent, recent, NOW)


def test_a_budget_is_what_the_objective_allows_of_what_happened() -> None:
    found = budget(slices([0.005] * 100, 100))
    assert (round(found.allowed), round(found.failures), round(found.left, 2)) == (100, 50, 0.5)
    assert not found.spent
    assert budget(slices([0.02] * 100, 100)).spent


def test_a_fast_burn_is_urgent_and_over_once_the_short_window_is_clean() -> None:
    burning = budget(slices([0.0] * 60 + [0.3] * 12, 100)).burning
    assert burning is not None
    assert (burning.window.urgent, burning.window.long) == (True, timedelta(hours=1))
    assert burning.long > 14.4
    over = budget(slices([0.0] * 48 + [0.3] * 12 + [0.0] * 72, 100)).burning
    assert over is None or not over.window.urgent


def test_a_slow_burn_is_seen_over_days_and_is_not_urgent() -> None:
    burning = budget(slices([0.013] * 864, 200)).burning
    assert burning is not None
    assert (burning.window.urgent, burning.window.long) == (False, timedelta(days=3))


def test_where_little_happens_one_failure_burns_nothing_and_many_do() -> None:
    quiet = [Measured(at=NOW - MINUTES, good=1, total=2)]
    assert budget(quiet).burning is None
    assert not budget(quiet).spent
    bad = [Measured(at=NOW - MINUTES, good=0, total=3)]
    assert budget(bad).burning is not None


def test_nothing_that_happened_is_a_whole_budget() -> None:
    found = budget([])
    assert (found.left, found.spent, found.burning) == (1.0, False, None)
