"""`Learner`: what a problem is, by the outcomes of problems in which the same events occurred."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grace_workers.learning.models.confidence import Trust
from grace_workers.learning.models.counted import Counted
from grace_workers.learning.models.likeness import Likeness
from grace_workers.learning.models.looking import Neighbours, look_at

_FEWEST = 20
_EVERY = 100
_SETTLED = 15
_MISSES = 3
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class _Answer:
    votes: NDArray[np.float64]
    look: NDArray[np.float64]
    shared: float

    @property
    def label(self) -> int:
        return int(self.votes.argmax())


class Learner:
    """Remembers every outcome at once, and learns anew now and then which events tell outcomes apart.

    It learns anew after `every` outcomes and on drift, which is that several answers were wrong since it last did.
    """

    def __init__(self, *, every: int = _EVERY) -> None:
        self._every = every
        self._known = Counted()
        self._likeness: Likeness | None = None
        self._leaves: NDArray[np.int32] = np.zeros((0, 0), np.int32)
        self._right: list[float] = []
        self._spacing: list[deque[float]] = []
        self._trust = Trust()
        self._since = self._misses = 0

    @property
    def due(self) -> bool:
        """Whether it should learn anew."""
        if len(self._known) < _FEWEST or len(self._known.labels) <= 1:
            return False
        drifted = self._misses >= _MISSES and self._since >= _SETTLED
        return self._likeness is None or self._since >= self._every or drifted

    def predict(self, counts: Mapping[str, float]) -> Mapping[str, float]:
        """Return the probability of each outcome; what is missing to 1 is for outcomes never seen.

        Empty says "don't know": there are no outcomes yet, or none in which any of the events occurred. Where less than
        half of the events are shared with the nearest outcome, the answer is trusted less in proportion, because no
        judged answer can vouch for what was never met.
        """
        if not len(self._known):
            return {}
        answer = self._answer(counts)
        if answer is None:
            return self._commonest()
        if not answer.shared:
            return {}
        trusted, best = self._trust.of(answer.look), answer.label
        surest = trusted * min(1.0, answer.shared / _HALF)
        others = float(answer.votes.sum() - answer.votes[best])
        rest = (1 - trusted) / (others + 1 / (len(self._known) + 1))
        return {
            label: surest if number == best else float(rest * answer.votes[number])
            for number, label in enumerate(self._known.labels)
            if answer.votes[number] > 0
        }

    def learn(self, counts: Mapping[str, float], label: str) -> None:
        """Take in an outcome."""
        answer = self._answer(counts)
        number = self._known.number(label)
        right = answer is not None and answer.label == number
        if answer is not None:
            self._trust.judge(answer.look, right=right)
            self._misses += not right
        self._remember(counts, number, np.nan if answer is None else float(right))
        self._since += 1
        if self.due:
            self.train()

    def train(self) -> None:
        """Learn anew which events tell outcomes apart."""
        self._likeness = Likeness.learned(self._known.rows, self._known.outcomes)
        self._leaves = self._likeness.leaves(self._known.rows)
        self._since = self._misses = 0

    def _answer(self, counts: Mapping[str, float]) -> _Answer | None:
        if self._likeness is None:
            return None
        row = self._known.row(counts)
        near = Neighbours(
            distances=self._likeness.distances(self._known.rows, row),
            kin=self._leaves == self._likeness.leaves(row[None])[0],
            outcomes=self._known.outcomes,
            right=np.array(self._right),
            labels=len(self._known.labels),
        )
        votes, look = look_at(near, self._spacing)
        return _Answer(votes, look, _shared(self._known.rows[self._nearest(near, int(votes.argmax()))], row))

    @staticmethod
    def _nearest(near: Neighbours, label: int) -> int:
        return int(np.where(near.outcomes == label, near.distances, np.inf).argmin())

    def _remember(self, counts: Mapping[str, float], number: int, right: float) -> None:
        row = self._known.row(counts)
        while len(self._spacing) <= number:
            self._spacing.append(deque(maxlen=100))
        if self._likeness is not None:
            same = self._known.outcomes == number
            if same.any():
                self._spacing[number].append(float(self._likeness.distances(self._known.rows[same], row).min()))
            self._leaves = np.vstack((self._leaves, self._likeness.leaves(row[None])))
        dropped = self._known.add(row, number)
        self._right.append(right)
        self._leaves, self._right = self._leaves[dropped:], self._right[dropped:]

    def _commonest(self) -> Mapping[str, float]:
        times = np.bincount(self._known.outcomes)
        return {self._known.labels[int(times.argmax())]: float(times.max() / (len(self._known) + 1))}


def _shared(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the share of the events of either that occurred in both."""
    return float(((one > 0) & (other > 0)).sum() / max(((one > 0) | (other > 0)).sum(), 1))
