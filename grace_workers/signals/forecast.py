"""`forecast`: when a resource that is used up more and more will be full, with an interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import median

_FEWEST = 12
_MOST = 60
_NINETY = 1.6449
_FURTHEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When the level is expected to be full; `soonest` and `latest` bound that with 90 % confidence.

    `rise` is what it is expected to rise in an hour.
    """

    full_at: datetime
    soonest: datetime
    latest: datetime
    rise: float


def forecast(points: Sequence[tuple[datetime, float]], full: float) -> Forecast | None:
    """Return when a level will reach `full`; None where it is full, does not rise, or too little is known.

    `points` are readings, oldest first; a dozen at least. Nothing is said beyond four times the time that they span,
    and nothing of a level that also fell: what rises must rise with 90 % confidence.

    The slope is the median of the slopes between all pairs, so that single readings do not turn it; the level is fitted
    for the slope in the same way, and the interval holds the lines whose slopes are at the ends of the slope's own.
    Source: Sen, Estimates of the Regression Coefficient Based on Kendall's Tau, JASA 63, 1968.
    """
    if len(points) < _FEWEST:
        return None
    now, level = points[-1]
    # Hours before the newest reading, as negative numbers.
    chosen = [((at - now).total_seconds() / 3600, value) for at, value in _thinned(points)]
    slopes = sorted(
        (later - earlier) / (there - here)
        for at, (here, earlier) in enumerate(chosen)
        for there, later in chosen[at + 1 :]
        if there > here
    )
    if not slopes or level >= full:
        return None
    size = len(chosen)
    aside = _NINETY * sqrt(size * (size - 1) * (2 * size + 5) / 18)
    low = slopes[max(0, round((len(slopes) - aside) / 2))]
    high = slopes[min(len(slopes) - 1, round((len(slopes) + aside) / 2))]
    if low <= 0:
        return None
    rise = median(slopes)
    hours, soonest, latest = (_until(full, slope, chosen) for slope in (rise, high, low))
    if hours <= 0 or hours > -_FURTHEST * chosen[0][0]:
        return None
    return Forecast(
        full_at=now + timedelta(hours=hours),
        soonest=now + timedelta(hours=max(0.0, soonest)),
        latest=now + timedelta(hours=latest),
        rise=rise,
    )


def _until(full: float, slope: float, points: Sequence[tuple[float, float]]) -> float:
    """Return after how many hours a line of this slope through the points reaches `full`."""
    return (full - median(value - slope * hours for hours, value in points)) / slope


def _thinned(points: Sequence[tuple[datetime, float]]) -> Sequence[tuple[datetime, float]]:
    """Return sixty of the points at most, evenly spread, the newest among them."""
    if len(points) <= _MOST:
        return points
    step = (len(points) - 1) / (_MOST - 1)
    return [points[round(at * step)] for at in range(_MOST)]
