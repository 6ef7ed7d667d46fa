"""The error budget of a service level objective, and how fast it burns. Pure.

A burn rate is the share of failures over the share that the objective allows: at 1, the budget is used up when the
window ends. It is judged over a long window, which says that it matters, and a short one, which says that it still goes
on. Where little happens, one failure is a huge rate, so the long window must also show more failures than allowed
beyond what chance explains.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.cycles.goals.goal import Goal
from grace_workers.cycles.goals.indicator import Measured
from grace_workers.foundation.statistics import beta_lower_bound

SURE = 0.95
FEWEST_FAILURES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnWindow:
    """A rate over `long`, and still over `short`, that is too fast; `urgent` if a person must look now."""

    long: timedelta
    short: timedelta
    rate: float
    urgent: bool


BURN_WINDOWS = (
    BurnWindow(long=timedelta(hours=1), short=timedelta(minutes=5), rate=14.4, urgent=True),
    BurnWindow(long=timedelta(hours=6), short=timedelta(minutes=30), rate=6.0, urgent=True),
    BurnWindow(long=timedelta(days=1), short=timedelta(hours=2), rate=3.0, urgent=False),
    BurnWindow(long=timedelta(days=3), short=timedelta(hours=6), rate=1.0, urgent=False),
)
LONGEST_BURN = max(one.long for one in BURN_WINDOWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRate:
    """How fast the budget burns over one pair of windows, and whether that is too fast."""

    window: BurnWindow
    long: float
    short: float
    burning: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBudget:
    """How many failures the objective allowed in its window, how many there were, and how fast more come."""

    allowed: float
    failures: float
    total: float
    rates: tuple[BurnRate, ...]

    @property
    def left(self) -> float:
        """The share of the budget that is left; below 0 when more went wrong than allowed."""
        return 1.0 if not self.allowed else 1 - self.failures / self.allowed

    @property
    def spent(self) -> bool:
        """Whether more went wrong than allowed, beyond a single failure where little happened."""
        return self.failures >= FEWEST_FAILURES and self.failures > self.allowed

    @property
    def burning(self) -> BurnRate | None:
        """The most urgent rate that is too fast."""
        return next((one for one in self.rates if one.burning), None)


def budget_of(goal: Goal, days: Sequence[Measured], recent: Sequence[Measured], now: datetime) -> ErrorBudget:
    """Return the budget of a goal: `days` are those of its window, `recent` the small slices of the newest days."""
    good, total = _sums(days, now - goal.window)
    return ErrorBudget(
        allowed=(1 - goal.objective) * total,
        failures=total - good,
        total=total,
        rates=tuple(_rate(goal.objective, one, recent, now) for one in BURN_WINDOWS),
    )


def _rate(objective: float, window: BurnWindow, recent: Sequence[Measured], now: datetime) -> BurnRate:
    good, total = _sums(recent, now - window.long)
    long, short = _burn(objective, good, total), _burn(objective, *_sums(recent, now - window.short))
    failures = total - good
    surely = beta_lower_bound(round(failures), round(good), level=SURE) if total else 0.0
    burning = min(long, short) >= window.rate and failures >= FEWEST_FAILURES and surely > 1 - objective
    return BurnRate(window=window, long=long, short=short, burning=burning)


def _burn(objective: float, good: float, total: float) -> float:
    return (total - good) / total / (1 - objective) if total else 0.0


def _sums(slices: Sequence[Measured], since: datetime) -> tuple[float, float]:
    mine = [one for one in slices if one.at >= since]
    return sum(one.good for one in mine), sum(one.total for one in mine)
