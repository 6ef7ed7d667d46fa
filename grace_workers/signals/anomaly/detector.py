"""`AnomalyDetector`: how unusual each reading of one series is."""

from base64 import b64decode, b64encode
from datetime import datetime
from math import isfinite, sqrt

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pydantic import Field

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.signals.anomaly.season import Season
from grace_workers.signals.anomaly.usual import Usual

_KEPT = 2_000
_SHARE = 2 / 21
_SHAPE = 12
_NEAREST = 5
_FEWEST_SHAPES = 60
_ROUNDING = 1e-9


class _Stored(Document):
    values: tuple[str, str, str]
    season: tuple[tuple[int, bool, float, int], ...] = Field(max_length=48)
    smooth: float = Field(allow_inf_nan=False)
    weight: float = Field(ge=0, le=1)


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

    def to_json(self) -> dict[str, JsonValue]:
        """Return all that it knows; it is bounded by the newest two thousand readings."""
        season: list[JsonValue] = [
            [hour, weekend, mean, count] for (hour, weekend), (mean, count) in self._season.means.items()
        ]
        views = (self._readings, self._levels, self._shapes)
        packed: list[JsonValue] = [b64encode(one.values.astype("<f8").tobytes()).decode() for one in views]
        return {"values": packed, "season": season, "smooth": self._smooth, "weight": self._weight}

    @classmethod
    def read(cls, raw: JsonValue) -> "AnomalyDetector":
        """Return the detector that `to_json` wrote. Raises InputError for anything else."""
        stored, found = _Stored.read(raw, "anomaly memory"), cls()
        readings, levels, shapes = (Usual.of(_KEPT, _numbers(one)) for one in stored.values)
        found._readings, found._levels, found._shapes = readings, levels, shapes
        found._season = Season({(hour, weekend): (mean, count) for hour, weekend, mean, count in stored.season})
        found._smooth, found._weight = stored.smooth, stored.weight
        return found

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


def _numbers(packed: str) -> NDArray[np.float64]:
    try:
        found = np.frombuffer(b64decode(packed, validate=True), "<f8")
    except ValueError as error:
        raise InputError(f"anomaly memory: the readings cannot be read: {error}") from error
    if not np.isfinite(found).all():
        raise InputError("anomaly memory: a reading is no finite number")
    return found.astype(np.float64)
