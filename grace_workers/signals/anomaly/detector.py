"""`AnomalyDetector`: how unusual each reading of one series is."""

from datetime import datetime
from math import isfinite, sqrt

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from grace_workers.signals.anomaly.season import Season
from grace_workers.signals.anomaly.usual import Usual

_KEPT = 2_000
_SHARE = 2 / 21
_SHAPE = 12
_NEAREST = 5
_FEWEST_SHAPES = 60
_ROUNDING = 1e-9


class AnomalyDetector:
    """Two views of a series, each scaled by its own past, so that one scale fits all series.

    *Level*: the distance of recent readings, smoothed over about twenty, from what is usual at this hour. *Shape*:
    the distance of the newest twelve readings from the five most similar stretches of the past; source: Burnaev and
    Ishimtsev, Conformalized Density- and Distance-based Anomaly Detection in Time-Series Data, 2016. Both are
    counted in standard deviations above their mean over the newest two thousand readings, and a score is their root
    mean square: about 1 is usual, 5 is rare.
    """

    def __init__(self) -> None:
        self._readings = Usual(_KEPT)
        self._levels = Usual(_KEPT)
        self._shapes = Usual(_KEPT)
        self._season = Season()
        self._smooth = self._weight = 0.0

    def update(self, moment: datetime, value: float) -> float:
        """Add a reading; return how unusual it is, 0 or more. NaN and infinity are ignored and score 0.

        `moment` must be in the time zone of the series' days: local time if people cause the load.
        """
        if not isfinite(value):
            return 0.0
        level = self._level(moment, value)
        self._readings.add(value)
        shape = self._shape()
        least = _ROUNDING * self._readings.greatest()
        views = (self._levels.excess(level, least=least), self._shapes.excess(shape, least=least))
        self._levels.add(level)
        self._shapes.add(shape)
        return sqrt(sum(view**2 for view in views) / len(views))

    def _level(self, moment: datetime, value: float) -> float:
        apart = value - self._season.expected(moment, self._readings.mean(value))
        self._season.learn(moment, value)
        self._smooth += _SHARE * (apart - self._smooth)
        self._weight += _SHARE * (1 - self._weight)
        # An exponential mean that starts at 0 is too small, so it is divided by the weight gathered so far.
        return abs(self._smooth / self._weight)

    def _shape(self) -> float:
        readings = self._readings.values
        if len(readings) < 2 * _SHAPE + _FEWEST_SHAPES:
            return 0.0
        stretches = sliding_window_view(readings, _SHAPE)
        # Stretches that overlap the newest one are similar for that reason alone.
        apart = ((stretches[:-_SHAPE] - stretches[-1]) ** 2).mean(axis=1)
        return float(np.sqrt(np.partition(apart, _NEAREST)[:_NEAREST]).mean())
