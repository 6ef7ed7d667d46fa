"""`Trees`: a forest grown by scikit-learn, as plain numbers.

It predicts without scikit-learn, is several times faster for one row, and is stored without pickle.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grace_workers.foundation.errors import IntegrityError

_TWO = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """The nodes of all trees in one sequence.

    `roots` are the positions of the first nodes. A leaf is its own `left` and `right`; any other node leads to
    `left` if the `feature` is at most the `threshold`. `chances` are the leaf's shares of the second class, or 0
    unless there are two classes.
    """

    roots: NDArray[np.intp]
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    feature: NDArray[np.intp]
    threshold: NDArray[np.float64]
    chances: NDArray[np.float64]

    @classmethod
    def of(cls, forest: Any) -> "Trees":
        """Return the trees of a classifier that scikit-learn has trained."""
        trees = [one.tree_ for one in forest.estimators_]
        roots = np.cumsum([0, *(tree.node_count for tree in trees[:-1])]).astype(np.intp)
        left, right, chances = [], [], []
        for root, tree in zip(roots, trees, strict=True):
            here = np.arange(tree.node_count)
            leaf = tree.children_left < 0
            left.append(root + np.where(leaf, here, tree.children_left))
            right.append(root + np.where(leaf, here, tree.children_right))
            chances.append(tree.value[:, 0, 1] if tree.n_classes[0] == _TWO else np.zeros(tree.node_count))
        return cls(
            roots=roots,
            left=np.concatenate(left).astype(np.intp),
            right=np.concatenate(right).astype(np.intp),
            feature=np.maximum(np.concatenate([tree.feature for tree in trees]), 0).astype(np.intp),
            threshold=np.concatenate([tree.threshold for tree in trees]).astype(np.float64),
            chances=np.concatenate(chances).astype(np.float64),
        )

    def leaves(self, rows: NDArray[np.float32]) -> NDArray[np.int32]:
        """Return the leaf of each row (rows) in each tree (columns)."""
        number = np.arange(len(rows))[:, None]
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        while True:
            goes_left = rows[number, self.feature[at]] <= self.threshold[at]
            after = np.where(goes_left, self.left[at], self.right[at])
            if np.array_equal(after, at):
                return at.astype(np.int32)
            at = after

    def chance(self, row: NDArray[np.float32]) -> float:
        """Return the probability of the second class: the mean over the trees."""
        return float(self.chances[self.leaves(row[None])[0]].mean())

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the numbers to store."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[Any]], *, width: int) -> "Trees":
        """Return the trees from the `arrays` that were stored, for rows of `width` features.

        Raises:
            IntegrityError: the numbers are no trees: walking them would not end, or would read outside the row.
        """
        found = cls(
            roots=arrays["roots"].astype(np.intp),
            left=arrays["left"].astype(np.intp),
            right=arrays["right"].astype(np.intp),
            feature=arrays["feature"].astype(np.intp),
            threshold=arrays["threshold"].astype(np.float64),
            chances=arrays["chances"].astype(np.float64),
        )
        here = np.arange(len(found.left))
        same = {len(one) for one in (found.left, found.right, found.feature, found.threshold, found.chances)}
        leaf = (found.left == here) & (found.right == here)
        # scikit-learn numbers children after their parents, so every walk ends.
        onward = (found.left > here) & (found.right > here) & (np.maximum(found.left, found.right) < len(here))
        inside = (found.feature >= 0) & (found.feature < width)
        rooted = len(found.roots) > 0 and bool(((found.roots >= 0) & (found.roots < len(here))).all())
        if len(same) != 1 or not rooted or not bool((inside & (leaf | onward)).all()):
            raise IntegrityError("the stored forest is none: its nodes contradict each other")
        return found
