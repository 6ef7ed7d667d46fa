"""`Trust`: how often similar answers were right."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grace_workers.foundation.errors import IntegrityError
from grace_workers.learning.models.trees import Trees

_FEWEST = 30
_EVERY = 50
_TREES = 100
_SEED = 1
_KEPT = 2_000


class Trust:
    """Learns from answers that were given before the truth was known, so it cannot flatter the model.

    A fixed set of numbers describes each answer. Until enough answers are judged, the trust is the share that was
    right.
    """

    def __init__(self) -> None:
        self._looks: list[NDArray[np.float64]] = []
        self._right: list[bool] = []
        self._judged = 0
        self._trees: Trees | None = None
        self._due = False

    def of(self, look: NDArray[np.float64]) -> float:
        """Return the probability that an answer is right.

        It never exceeds what the number of outcomes can show: with no error among n, the error rate may still
        be 3/n. Source: Hanley and Lippman-Hand, If Nothing Goes Wrong, Is Everything All Right?, JAMA 249,
        1983.
        """
        most = 1 - 3 / (self._judged + 3.5)
        if self._trees is None:
            return min((sum(self._right) + 3) / (len(self._right) + 4), max(most, 0.5))
        return min(self._trees.chance(look.astype(np.float32)), most)

    def judge(self, look: NDArray[np.float64], *, right: bool) -> None:
        """Record whether an answer was right."""
        self._looks.append(look)
        self._right.append(right)
        self._judged += 1
        del self._looks[:-_KEPT], self._right[:-_KEPT]
        first = self._trees is None and self._judged >= _FEWEST
        self._due = (self._due or first or self._judged % _EVERY == 0) and len(set(self._right)) > 1

    @property
    def due(self) -> bool:
        """Whether enough answers were judged to learn again."""
        return self._due

    def train(self) -> None:
        """Learn again from the remembered answers; if all were right or all wrong, there is nothing to learn."""
        self._due = False
        if self._judged < _FEWEST or len(set(self._right)) <= 1:
            return
        from sklearn.ensemble import ExtraTreesClassifier

        forest = ExtraTreesClassifier(_TREES, min_samples_leaf=2, random_state=_SEED)
        self._trees = Trees.of(forest.fit(np.array(self._looks), self._right))

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the numbers to store."""
        looks = np.array(self._looks) if self._looks else np.zeros((0, 0))
        own = {"looks": looks, "verdicts": np.array(self._right, bool), "judged": np.array(self._judged)}
        return own if self._trees is None else {**own, **self._trees.arrays()}

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[Any]]) -> "Trust":
        """Return the trust from the `arrays` that were stored. Raises IntegrityError if they are invalid."""
        found, looks = cls(), arrays["looks"].astype(np.float64)
        found._looks = list(looks)
        found._right = arrays["verdicts"].astype(bool).tolist()
        found._judged = int(arrays["judged"])
        if len(found._looks) != len(found._right) or found._judged < len(found._right):
            raise IntegrityError("the stored judgements contradict each other")
        if "roots" in arrays:
            found._trees = Trees.read(arrays, width=looks.shape[1])
        return found
