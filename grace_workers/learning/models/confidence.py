"""`Trust`: how often answers that looked like this one were right."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_FEWEST = 30
_EVERY = 50
_TREES = 100
_SEED = 1
_KEPT = 2_000


class Trust:
    """Learns from answers that were given before the truth was known, so it cannot flatter the model.

    Answers are described by numbers, always the same ones. Until enough were judged, an answer is trusted as much as
    answers were right so far.
    """

    def __init__(self) -> None:
        self._looks: list[NDArray[np.float64]] = []
        self._right: list[bool] = []
        self._judged = 0
        self._forest: Any = None

    def of(self, look: NDArray[np.float64]) -> float:
        """Return the probability that an answer is right.

        It is never surer than the outcomes so far can show: had none of n been wrong, a share of 3/n still could be.
        Source: Hanley and Lippman-Hand, If Nothing Goes Wrong, Is Everything All Right?, JAMA 249, 1983.
        """
        most = 1 - 3 / (self._judged + 3.5)
        if self._forest is None:
            return min((sum(self._right) + 3) / (len(self._right) + 4), max(most, 0.5))
        found = np.mean(
            [
                tree.predict_proba(look[None].astype(np.float32), check_input=False)[0, 1]
                for tree in self._forest.estimators_
            ]
        )
        return min(float(found), most)

    def judge(self, look: NDArray[np.float64], *, right: bool) -> None:
        """Take in whether an answer was right; learn anew when enough have come."""
        self._looks.append(look)
        self._right.append(right)
        self._judged += 1
        del self._looks[:-_KEPT], self._right[:-_KEPT]
        first = self._forest is None and self._judged >= _FEWEST
        if (first or self._judged % _EVERY == 0) and len(set(self._right)) > 1:
            self._train()

    def _train(self) -> None:
        from sklearn.ensemble import ExtraTreesClassifier

        forest = ExtraTreesClassifier(_TREES, min_samples_leaf=2, random_state=_SEED)
        self._forest = forest.fit(np.array(self._looks), self._right)
