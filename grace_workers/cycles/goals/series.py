"""The days of a goal's indicator, and how the value of its window moved. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from grace_workers.cycles.goals.goal import Goal
from grace_workers.cycles.goals.indicator import IndicatorKind, Measured
from grace_workers.cycles.goals.standing import GoalDay

FEWEST = 8
"""Days without which nothing is forecast."""
_DAY = timedelta(days=1)


class Series:
    """A goal's days: what each brought, and how the window's value moved."""

    def __init__(self, goal: Goal, measure: IndicatorKind, days: Sequence[Measured], now: datetime) -> None:
        self.share = measure is IndicatorKind.SHARE
        self.window = goal.window // _DAY if self.share else 1
        known = {one.at.date(): one for one in days if one.total > 0}
        self.today = now.date()
        first = min(known, default=self.today)
        span = [first + _DAY * number for number in range((self.today - first).days + 1)]
        self.good = [known[day].good if day in known else 0.0 for day in span]
        self.all = [float(known[day].total) if day in known else 0.0 for day in span]
        if not self.share:
            self._carry_on()
        self.daily = [good / total for good, total in zip(self.good, self.all, strict=True) if total > 0]
        values = [self._windowed(end) for end in range(1, len(span) + 1)]
        past = zip(span, values, strict=True)
        self.past = tuple(GoalDay(day=day, value=value) for day, value in past if value is not None)
        self.value = values[-1] if known else None
        self.total = sum(self.all[-self.window :]) if known else 0.0

    def _carry_on(self) -> None:
        """Let a level stay what it was on days that say nothing."""
        for at in range(1, len(self.all)):
            if not self.all[at]:
                self.good[at], self.all[at] = self.good[at - 1], 1.0

    def _windowed(self, end: int) -> float | None:
        """Return the window's value before day number `end`; None where nothing that counts happened in it."""
        start = max(0, end - self.window)
        total = sum(self.all[start:end])
        return sum(self.good[start:end]) / total if total > 0 else None


def told(goal: Goal, value: float, why: str) -> str:
    """Return how a value stands against its goal, and why."""
    return f"{value:.3g} of at least {goal.objective:.3g}; {why}"


def with_needs(reason: str, waiting: Sequence[str]) -> str:
    """Return the reason, with the needed goals that are not met."""
    return f"{reason}; it needs {', '.join(waiting)}, which is not met" if waiting else reason
