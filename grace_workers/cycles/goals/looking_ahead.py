"""Whether a goal will be met: what simulated futures of its days say. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from grace_workers.cycles.goals.futures import futures
from grace_workers.cycles.goals.goal import Goal
from grace_workers.cycles.goals.series import Series, told, with_needs
from grace_workers.cycles.goals.standing import AHEAD, GoalDay, GoalEvaluation, GoalState
from grace_workers.cycles.goals.wanted import LIKELY, UNLIKELY

_SHOWN = (0.025, 0.1, 0.5, 0.9, 0.975)
_DAY = timedelta(days=1)

Floats = NDArray[np.float64]


def _ahead(series: Series, seed: int) -> Floats:
    """Return simulated futures of the window's value, one in each row."""
    low, high = (0.0, 1.0) if series.share else (0.0, np.inf)
    drawn = futures(series.daily[-120:], AHEAD, seed=seed, low=low, high=high)
    traffic = series.total / len(series.all[-series.window :]) or 1.0
    before = (np.broadcast_to(np.array(one), (len(drawn), len(one))) for one in (series.good, series.all))
    good = np.concatenate([next(before), drawn * traffic], axis=1)
    total = np.concatenate([next(before), np.full(drawn.shape, traffic)], axis=1)
    return _windowed(good, total, series.window)[:, len(series.all) :]


def _windowed(good: Floats, total: Floats, window: int) -> Floats:
    """Return the window's value at the end of each day; the last axis is time."""
    sums = [np.cumsum(one, axis=-1) for one in (good, total)]
    rolled = [one.copy() for one in sums]
    for one, whole in zip(rolled, sums, strict=True):
        one[..., window:] -= whole[..., :-window]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(rolled[1] > 1e-9, rolled[0] / rolled[1], np.nan)  # noqa: PLR2004 - rounding


def looking_ahead(goal: Goal, series: Series, waiting: Sequence[str], now: datetime) -> GoalEvaluation:
    """Return how a goal stands that has enough days to forecast. `waiting` are needed goals that are not met."""
    value = series.value or 0.0
    paths = _ahead(series, crc32(f"{goal.name}:{series.today}".encode()))
    deadline = min(AHEAD, max(1, goal.window // _DAY))
    holds = float((paths[:, deadline - 1] >= goal.objective).mean())
    reached = (paths >= goal.objective).argmax(axis=1) + 1.0
    reached[~(paths >= goal.objective).any(axis=1)] = np.inf
    low95, low80, middle, high80, high95 = (_days(one) for one in np.quantile(reached, _SHOWN, method="nearest"))
    met = value >= goal.objective
    state, why = _judged(holds, waiting, deadline, met=met)
    return GoalEvaluation(
        state=state,
        reason=with_needs(told(goal, value, why), waiting),
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
