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
class Factor:
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
        if self._model is None:
            return 0.0
        odds = self._model.offset + float(self._model.parts(rows[-1]).sum())
        return 1 / (1 + exp(-max(-50.0, min(50.0, odds))))

    def failed(self, unit: str) -> None:
        """Record a failure after the last cycle: that cycle and the `horizon` before it were near the failure."""
        found = self._alive.pop(unit, None)
        if found is not None:
            self._failures.append(tuple(found[1]))
            self._since += 1

    def factors(self, unit: str) -> Sequence[Factor]:
        """Return the readings that add most to a unit's risk, at most eight, the greatest weight first."""
        if self._model is None or unit not in self._alive:
            return ()
        row = self._alive[unit][1][-1]
        parts = self._model.parts(row)
        found = [
            Factor(
                reading=name, weight=float(parts[place].sum()), drift=float(row[place][3]), slope=float(row[place][4])
            )
            for name, place in ((name, facets_of(column)) for name, column in self._columns.items())
            if place.stop <= len(parts)
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
