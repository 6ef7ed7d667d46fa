"""Whether a goal is met, will be met, and why: from the days of its indicator. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from grace_workers.cycles.goals.futures import FEWEST, futures
from grace_workers.cycles.goals.goal import FLEET_OWNER, MONTH, Goal, declared_indicators
from grace_workers.cycles.goals.indicator import Indicator, IndicatorKind, Measured
from grace_workers.cycles.goals.standing import AHEAD, GoalDay, GoalEvaluation, GoalState
from grace_workers.cycles.goals.wanted import LIKELY, UNLIKELY, affordable
from grace_workers.cycles.outcome_count import FleetRecord

_SHOWN = (0.025, 0.1, 0.5, 0.9, 0.975)
_DAY = timedelta(days=1)

Floats = NDArray[np.float64]


def evaluated(goals: Sequence[Goal], record: FleetRecord, now: datetime) -> Mapping[str, GoalEvaluation]:
    """Return how each goal stands, those first that others need. A needed goal that is not in force counts as met."""
    left, found = {one.name: one for one in goals}, dict[str, GoalEvaluation]()
    while left:
        ready = [one for one in left.values() if not set(one.needs) & left.keys()] or list(left.values())
        for goal in ready:
            indicator = declared_indicators()[goal.indicator]
            needed = {name: found[name].state for name in goal.needs if name in found}
            found[goal.name] = evaluate(goal, indicator.measure, indicator.read(record), now, needed)
            del left[goal.name]
    return found


def evaluate(
    goal: Goal, measure: IndicatorKind, days: Sequence[Measured], now: datetime, needed: Mapping[str, GoalState]
) -> GoalEvaluation:
    """Return how a goal stands. `days` are its indicator's, oldest first; `needed` are the states of those it needs."""
    series = _Series(goal, measure, days, now)
    if series.value is None:
        return GoalEvaluation(state=GoalState.UNKNOWN, reason="nothing that counts has happened in its window", at=now)
    waiting = sorted(name for name, state in needed.items() if state is not GoalState.MET)
    met = series.value >= goal.objective
    if len(series.daily) < FEWEST:
        state = GoalState.MET if met and not waiting else GoalState.UNKNOWN
        reason = _told(goal, series.value, f"a forecast needs {FEWEST} days with outcomes, not {len(series.daily)}")
        return GoalEvaluation(
            state=state,
            reason=_with_needs(reason, waiting),
            at=now,
            value=series.value,
            total=series.total,
            past=series.past,
        )
    return _looking_ahead(goal, series, waiting, now)


def trend(indicator: Indicator, record: FleetRecord, now: datetime) -> GoalEvaluation | None:
    """Return how an indicator without a goal stands against what it is now; None where nothing that counts happened."""
    days, name = indicator.read(record), indicator.name
    unset = Goal(name=name, indicator=name, objective=0.0, window=MONTH, owner=FLEET_OWNER)
    present = _Series(unset, indicator.measure, days, now).value
    if present is None:
        return None
    return evaluate(replace(unset, objective=affordable(indicator, present)), indicator.measure, days, now, {})


class _Series:
    """A goal's days: what each brought, how the window's value moved, and how it would go on."""

    def __init__(self, goal: Goal, measure: IndicatorKind, days: Sequence[Measured], now: datetime) -> None:
        self.share = measure is IndicatorKind.SHARE
        self.window = goal.window // _DAY if self.share else 1
        known = {one.at.date(): one for one in days if one.total > 0}
        self.today = now.date()
        first = min(known, default=self.today)
        span = [first + _DAY * number for number in range((self.today - first).days + 1)]
        self.good = np.array([known[day].good if day in known else 0.0 for day in span])
        self.all = np.array([float(known[day].total) if day in known else 0.0 for day in span])
        if not self.share:
            self._carry_on()
        self.daily = self.good[self.all > 0] / self.all[self.all > 0]
        values = self._windowed(self.good, self.all)
        past = zip(span, values, strict=True)
        self.past = tuple(GoalDay(day=day, value=float(value)) for day, value in past if not np.isnan(value))
        last = values[-1] if len(values) and known else np.nan
        self.value = None if np.isnan(last) else float(last)
        self.total = float(self.all[-self.window :].sum()) if known else 0.0

    def _carry_on(self) -> None:
        """Let a level stay what it was on days that say nothing."""
        for at in range(1, len(self.all)):
            if not self.all[at]:
                self.good[at], self.all[at] = self.good[at - 1], 1.0

    def _windowed(self, good: Floats, total: Floats) -> Floats:
        """Return the window's value at the end of each day; the last axis is time."""
        sums = [np.cumsum(one, axis=-1) for one in (good, total)]
        rolled = [one.copy() for one in sums]
        for one, whole in zip(rolled, sums, strict=True):
            one[..., self.window :] -= whole[..., : -self.window]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(rolled[1] > 1e-9, rolled[0] / rolled[1], np.nan)  # noqa: PLR2004 - rounding

    def ahead(self, seed: int) -> Floats:
        """Return simulated futures of the window's value, one in each row."""
        low, high = (0.0, 1.0) if self.share else (0.0, np.inf)
        drawn = futures(list(self.daily[-120:]), AHEAD, seed=seed, low=low, high=high)
        traffic = float(self.all[-self.window :].mean()) or 1.0
        before = (np.broadcast_to(one, (len(drawn), len(one))) for one in (self.good, self.all))
        good = np.concatenate([next(before), drawn * traffic], axis=1)
        total = np.concatenate([next(before), np.full(drawn.shape, traffic)], axis=1)
        return self._windowed(good, total)[:, len(self.all) :]


def _looking_ahead(goal: Goal, series: _Series, waiting: Sequence[str], now: datetime) -> GoalEvaluation:
    value = series.value or 0.0
    paths = series.ahead(crc32(f"{goal.name}:{series.today}".encode()))
    deadline = min(AHEAD, max(1, goal.window // _DAY))
    holds = float((paths[:, deadline - 1] >= goal.objective).mean())
    reached = (paths >= goal.objective).argmax(axis=1) + 1.0
    reached[~(paths >= goal.objective).any(axis=1)] = np.inf
    low95, low80, middle, high80, high95 = (_days(one) for one in np.quantile(reached, _SHOWN, method="nearest"))
    met = value >= goal.objective
    state, why = _judged(holds, waiting, deadline, met=met)
    return GoalEvaluation(
        state=state,
        reason=_with_needs(_told(goal, value, why), waiting),
        at=now,
        value=value,
        total=series.total,
        past=series.past[-AHEAD:],
        ahead=_bands(paths, series.today),
        chance=holds,
        met_by=0 if met else middle,
        met_within_80=None if met else (low80, high80),
        met_within_95=None if met else (low95, high95),
    )


def _judged(holds: float, waiting: Sequence[str], deadline: int, *, met: bool) -> tuple[GoalState, str]:
    chance = f"a chance of {holds:.0%} to hold in {deadline} days"
    if met and not waiting:
        return (GoalState.AT_RISK, f"met, but it falls: {chance}") if holds < UNLIKELY else (GoalState.MET, chance)
    if holds >= LIKELY:
        return (GoalState.AT_RISK if waiting else GoalState.ON_TRACK), chance
    return (GoalState.AT_RISK, chance) if holds >= UNLIKELY else (GoalState.OFF_TRACK, chance)


def _told(goal: Goal, value: float, why: str) -> str:
    return f"{value:.3g} of at least {goal.objective:.3g}; {why}"


def _with_needs(reason: str, waiting: Sequence[str]) -> str:
    return f"{reason}; it needs {', '.join(waiting)}, which is not met" if waiting else reason


def _days(quantile: float) -> int | None:
    return None if np.isinf(quantile) else int(quantile)


def _bands(paths: Floats, today: date) -> tuple[GoalDay, ...]:
    quantiles = np.quantile(paths, _SHOWN, axis=0)
    return tuple(
        GoalDay(
            day=today + _DAY * (at + 1),
            value=float(quantiles[2, at]),
            within_80=(float(quantiles[1, at]), float(quantiles[3, at])),
            within_95=(float(quantiles[0, at]), float(quantiles[4, at])),
        )
        for at in range(0, paths.shape[1], 3)
    )
