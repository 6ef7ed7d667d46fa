"""`Likeness`: the similarity of two outcomes, learned from outcomes by a forest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grace_workers.foundation.errors import IntegrityError
from grace_workers.learning.models.trees import Trees

_TREES = 100
_SEED = 1
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Likeness:
    """Measures the distance and the kinship of rows.

    Two outcomes are kin in a tree when they end in the same leaf, which also works for outcomes newer than the
    forest. Sources: Geurts, Ernst and Wehenkel, Extremely Randomized Trees, Machine Learning 63, 2006; Lin and
    Jeon, Random Forests and Adaptive Nearest Neighbors, JASA 101, 2006.
    """

    trees: Trees
    width: int
    of_logarithm: NDArray[np.float64]
    of_presence: NDArray[np.float64]

    @classmethod
    def learned(cls, rows: NDArray[np.float32], outcomes: NDArray[np.intp]) -> "Likeness":
        """Return the likeness learned from outcomes: which events distinguish them."""
        from sklearn.ensemble import ExtraTreesClassifier

        forest = ExtraTreesClassifier(_TREES, max_features=0.3, random_state=_SEED)
        forest.fit(_both(rows), outcomes)
        weights = np.sqrt(forest.feature_importances_)
        width = rows.shape[1]
        return cls(Trees.of(forest), width, weights[:width], weights[width:])

    def leaves(self, rows: NDArray[np.float32]) -> NDArray[np.int32]:
        """Return the leaf of each row in each tree. Events that the forest has not seen yet do not count."""
        return self.trees.leaves(_both(rows[:, : self.width]))

    def masses(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return each row's distance from the empty row, computed once for all calls of `distances`."""
        found: NDArray[np.float64] = rows.astype(np.float64) @ self._wide(self.of_logarithm, rows.shape[1])
        found += (rows > 0) @ self._wide(self.of_presence, rows.shape[1])
        return found

    def distances(
        self, rows: NDArray[np.float32], masses: NDArray[np.float64], row: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Return each row's distance from one row: differences in amount and in presence, weighted by the events.

        It computes only the columns of the one row: in all others, the difference is the row's own mass.
        """
        here = np.flatnonzero(row)
        theirs, mine = rows[:, here].astype(np.float64), row[here].astype(np.float64)
        found = masses + (np.abs(theirs - mine) - theirs) @ self._wide(self.of_logarithm, rows.shape[1])[here]
        found += (1.0 - 2 * (theirs > 0)) @ self._wide(self.of_presence, rows.shape[1])[here]
        # Sums that cancel leave rounding errors.
        return np.where(found < _ROUNDING, 0.0, found)

    def telling(self, row: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the weight of each event of a row; 0 for events that did not occur or that the forest has not seen."""
        seen = row[: self.width] > 0
        found = np.zeros(len(row))
        found[: self.width] = seen * (self.of_logarithm[: len(seen)] + self.of_presence[: len(seen)])
        return found

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the numbers to store."""
        return {**self.trees.arrays(), "of_logarithm": self.of_logarithm, "of_presence": self.of_presence}

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[Any]]) -> "Likeness":
        """Return the likeness from the `arrays` that were stored. Raises IntegrityError if they are invalid."""
        amounts, presences = arrays["of_logarithm"].astype(np.float64), arrays["of_presence"].astype(np.float64)
        if amounts.shape != presences.shape or not np.isfinite([*amounts, *presences]).all():
            raise IntegrityError("the stored weights of events contradict each other")
        return cls(Trees.read(arrays, width=2 * len(amounts)), len(amounts), amounts, presences)

    def _wide(self, weights: NDArray[np.float64], width: int) -> NDArray[np.float64]:
        # An event that the forest has not seen gets the usual weight.
        return np.concatenate((weights, np.full(width - self.width, weights.mean() if len(weights) else 1.0)))


def _both(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.hstack((rows, rows > 0)).astype(np.float32)
