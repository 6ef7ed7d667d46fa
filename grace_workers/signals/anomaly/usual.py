"""`Usual`: the usual value of a number, over its newest values."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

_FEWEST = 60


class Usual:
    """The newest values of one number, at most `kept`, oldest first in memory."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._values: NDArray[np.float64] = np.zeros(2 * kept)
        self._end = 0

    @property
    def values(self) -> NDArray[np.float64]:
        """The values, oldest first."""
        return self._values[max(0, self._end - self._kept) : self._end]

    @classmethod
    def of(cls, kept: int, values: NDArray[np.float64]) -> "Usual":
        """Return a number with the newest `kept` of these values, oldest first."""
        found = cls(kept)
        values = values[-kept:]
        found._values[: len(values)] = values
        found._end = len(values)
        return found

    def add(self, value: float) -> None:
        """Append a value; beyond `kept` the oldest is forgotten."""
        if self._end == len(self._values):
            self._values[: self._kept] = self._values[self._kept :]
            self._end = self._kept
        self._values[self._end] = value
        self._end += 1

    def mean(self, otherwise: float) -> float:
        """Return the mean of the values; `otherwise` if there are none."""
        return float(self.values.mean()) if self._end else otherwise

    def greatest(self) -> float:
        """Return the greatest absolute value; 0 if there are none."""
        return float(np.abs(self.values).max()) if self._end else 0.0

    def excess(self, value: float, *, least: float = 0.0) -> float:
        """Return how many standard deviations a value is above the mean; 0 below it, and while little is known.

        Differences up to `least` count as none. If all earlier values were equal and this one differs, it is as
        unusual as one value among that many can be.
        """
        values = self.values
        if len(values) < _FEWEST:
            return 0.0
        above, spread = value - float(values.mean()), float(values.std())
        if above <= least:
            return 0.0
        return sqrt(len(values)) if spread <= least else above / spread
