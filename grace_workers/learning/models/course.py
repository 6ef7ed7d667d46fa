"""`Course`: a unit's current readings, where they started, and their trend."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_SPANS = np.array([5.0, 12.0, 30.0])
_SHARES = (2 / (_SPANS + 1))[:, None]
_START = 15
_FACETS = 6


class Course:
    """Smoothed readings of one unit, one column each, updated every cycle.

    A reading that is missing in a cycle keeps its value. New readings get new columns.
    """

    def __init__(self) -> None:
        self._smooth: NDArray[np.float64] = np.zeros((len(_SPANS), 0))
        self._weight: NDArray[np.float64] = np.zeros((len(_SPANS), 0))
        self._start: NDArray[np.float64] = np.zeros(0)
        self._seen: NDArray[np.float64] = np.zeros(0)

    def take(self, readings: Mapping[str, float], columns: Mapping[str, int]) -> NDArray[np.float64]:
        """Add one cycle; return six numbers per column.

        They are three smoothed values, from quick to slow; the drift from the unit's own start; and the slope,
        which is how far the quick and the middle value are ahead of the slow one.
        """
        self._widen(len(columns))
        at = np.array([columns[name] for name in readings], np.intp)
        values = np.array(list(readings.values()), np.float64)
        self._smooth[:, at] += _SHARES * (values - self._smooth[:, at])
        self._weight[:, at] += _SHARES * (1 - self._weight[:, at])
        early = at[self._seen[at] < _START]
        self._start[early] += (values[self._seen[at] < _START] - self._start[early]) / (self._seen[early] + 1)
        self._seen[at] += 1
        # An exponential mean that starts at 0 is too small, so it is divided by the weight gathered so far.
        quick, middle, slow = self._smooth / np.maximum(self._weight, 1e-12)
        return np.column_stack((quick, middle, slow, middle - self._start, quick - slow, middle - slow)).ravel()

    def _widen(self, width: int) -> None:
        missing = width - len(self._start)
        if missing > 0:
            self._smooth = np.hstack((self._smooth, np.zeros((len(_SPANS), missing))))
            self._weight = np.hstack((self._weight, np.zeros((len(_SPANS), missing))))
            self._start = np.concatenate((self._start, np.zeros(missing)))
            self._seen = np.concatenate((self._seen, np.zeros(missing)))


def facets_of(column: int) -> slice:
    """Return the positions of a column's six numbers."""
    return slice(column * _FACETS, (column + 1) * _FACETS)


def magnitudes(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each number of the rows how great the numbers of its column are."""
    greatest: NDArray[np.float64] = np.abs(rows).max(axis=0).reshape(-1, _FACETS).max(axis=1)
    return np.repeat(greatest, _FACETS)
