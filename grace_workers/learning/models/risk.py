"""`FailureRisk`: the probability that a unit fails soon, learned from units that failed."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from grace_workers.learning.models.course import Course, facets_of, magnitudes

_LONGEST = 2_000
_FAILURES = 300
_GROWTH = 0.1
_CALM = 0.1
_ROUNDING = 1e-9
_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A reading's part in a risk: `weight` is what it adds to the log odds; `drift` is in the reading's own unit."""

    reading: str
    weight: float
    drift: float
    slope: float


@dataclass(frozen=True, slots=True)
class _Model:
    """A logistic regression over standardised facets."""

    centre: NDArray[np.float64]
    weights: NDArray[np.float64]
    offset: float

    @classmethod
    def learned(cls, rows: NDArray[np.float64], soon: NDArray[np.bool_]) -> "_Model":
        from sklearn.linear_model import LogisticRegression

        centre, spread = rows.mean(axis=0), rows.std(axis=0)
        # A reading that never changes seems to move only by rounding.
        moves = spread > _ROUNDING * magnitudes(rows)
        scale = np.where(moves, spread, 1.0)
        regression = LogisticRegression(C=_CALM, max_iter=300).fit(np.where(moves, (rows - centre) / scale, 0.0), soon)
        return cls(centre, np.where(moves, regression.coef_[0] / scale, 0.0), float(regression.intercept_[0]))

    def risk(self, row: NDArray[np.float64]) -> float:
        """Return the probability."""
        odds = self.offset + float(self.parts(row).sum())
        return 1 / (1 + exp(-max(-50.0, min(50.0, odds))))

    def parts(self, row: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what each facet adds to the log odds. Readings that were not learned add nothing."""
        parts: NDArray[np.float64] = (row[: len(self.centre)] - self.centre) * self.weights
        return parts


class FailureRisk:
    """Learns from units that failed; a unit that is still alive teaches nothing yet.

    It learns again when the failures have grown by a tenth, and before it judges a unit that is new to it.
    """

    def __init__(self, *, horizon: int) -> None:
        self._horizon = horizon
        self._columns: dict[str, int] = {}
        self._alive: dict[str, tuple[Course, deque[NDArray[np.float64]]]] = {}
        self._failures: deque[Sequence[NDArray[np.float64]]] = deque(maxlen=_FAILURES)
        self._model: _Model | None = None
        self._since = self._learned = 0

    def update(self, unit: str, readings: Mapping[str, float]) -> float:
        """Add one cycle of a unit; return the probability that it fails within the horizon."""
        for name in readings:
            self._columns.setdefault(name, len(self._columns))
        if self._since and (unit not in self._alive or self._since > _GROWTH * self._learned):
            self.train()
        course, rows = self._alive.setdefault(unit, (Course(), deque(maxlen=_LONGEST)))
        rows.append(course.take(readings, self._columns))
        return 0.0 if self._model is None else self._model.risk(rows[-1])

    def failed(self, unit: str) -> None:
        """Record a failure after the last cycle: that cycle and the `horizon` before it were near the failure."""
        found = self._alive.pop(unit, None)
        if found is not None:
            self._failures.append(tuple(found[1]))
            self._since += 1

    def factors(self, unit: str) -> Sequence[Weight]:
        """Return the readings that add most to a unit's risk, at most eight, the greatest weight first."""
        known = self._alive.get(unit)
        return () if known is None or self._model is None else self._factors(self._model, known[1][-1])

    def assess(self, life: Sequence[Mapping[str, float]]) -> tuple[float, Sequence[Weight]]:
        """Return the probability and the factors of a unit after these cycles, without remembering it."""
        columns = {**self._columns}
        for name in (name for readings in life for name in readings):
            columns.setdefault(name, len(columns))
        course = Course()
        rows = [course.take(readings, columns) for readings in life]
        if self._model is None or not rows:
            return 0.0, ()
        return self._model.risk(rows[-1]), self._factors(self._model, rows[-1])

    def _factors(self, model: _Model, row: NDArray[np.float64]) -> Sequence[Weight]:
        parts = model.parts(row)
        found = [
            Weight(
                reading=name, weight=float(parts[place].sum()), drift=float(row[place][3]), slope=float(row[place][4])
            )
            for name, place in ((name, facets_of(column)) for name, column in self._columns.items())
            if place.stop <= min(len(parts), len(row))
        ]
        return sorted((one for one in found if one.weight > 0), key=lambda one: -one.weight)[:_NAMED]

    def train(self) -> None:
        """Learn again from all remembered failures."""
        width = facets_of(len(self._columns) - 1).stop
        rows = np.zeros((sum(map(len, self._failures)), width))
        soon = np.zeros(len(rows), bool)
        end = 0
        for life in self._failures:
            for row in life:
                rows[end, : len(row)] = row
                end += 1
            soon[end - min(len(life), self._horizon + 1) : end] = True
        self._since, self._learned = 0, len(self._failures)
        if soon.any() and not soon.all():
            self._model = _Model.learned(rows, soon)
