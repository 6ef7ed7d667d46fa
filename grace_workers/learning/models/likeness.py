"""`Likeness`: how alike two outcomes are, learned from outcomes by a forest."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TREES = 100
_SEED = 1


@dataclass(frozen=True, slots=True)
class Likeness:
    """A measure of distance and of kinship between rows.

    Two outcomes are kin in a tree when they end in the same leaf, which also holds for outcomes that came after the
    forest was grown. Sources: Geurts, Ernst and Wehenkel, Extremely Randomized Trees, Machine Learning 63, 2006; Lin
    and Jeon, Random Forests and Adaptive Nearest Neighbors, JASA 101, 2006.
    """

    forest: Any
    width: int
    of_logarithm: NDArray[np.float64]
    of_presence: NDArray[np.float64]

    @classmethod
    def learned(cls, rows: NDArray[np.float32], outcomes: NDArray[np.intp]) -> "Likeness":
        """Return what outcomes teach of which events tell them apart."""
        from sklearn.ensemble import ExtraTreesClassifier

        forest = ExtraTreesClassifier(_TREES, max_features=0.3, random_state=_SEED)
        forest.fit(_both(rows), outcomes)
        weights = np.sqrt(forest.feature_importances_)
        width = rows.shape[1]
        return cls(forest, width, weights[:width], weights[width:])

    def leaves(self, rows: NDArray[np.float32]) -> NDArray[np.int32]:
        """Return the leaf of each row in each tree. Events that the forest has not seen yet do not count."""
        seen = np.ascontiguousarray(_both(rows[:, : self.width]))
        found = np.column_stack([tree.tree_.apply(seen) for tree in self.forest.estimators_])
        return found.astype(np.int32)

    def distances(self, rows: NDArray[np.float32], row: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return how far the rows are from one: differences in amount and in presence, weighted by what they tell."""
        amounts = np.abs(rows - row)
        presences = (rows > 0) != (row > 0)
        found: NDArray[np.float64] = amounts @ self._wide(self.of_logarithm, rows.shape[1])
        found += presences @ self._wide(self.of_presence, rows.shape[1])
        return found

    def _wide(self, weights: NDArray[np.float64], width: int) -> NDArray[np.float64]:
        # An event that the forest has not seen may tell as much as the usual one.
        return np.concatenate((weights, np.full(width - self.width, weights.mean() if len(weights) else 1.0)))


def _both(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.hstack((rows, rows > 0)).astype(np.float32)
