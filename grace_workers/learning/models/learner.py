"""`Learner`: tells what a problem is from outcomes of problems with the same events."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import IntegrityError
from grace_workers.learning.models.confidence import Trust
from grace_workers.learning.models.counted import Counted
from grace_workers.learning.models.likeness import Likeness
from grace_workers.learning.models.looking import Neighbours, look_at
from grace_workers.learning.models.packed import pack, unpack

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
    """Remembers every outcome at once; `train` learns which events distinguish outcomes.

    `learn` is cheap and needs no scikit-learn; `train` takes seconds and needs it. Training is `due` after `every`
    outcomes, and on drift, which means that several answers were wrong since the last training.
    """

    def __init__(self, *, every: int = _EVERY) -> None:
        self._every = every
        self._known = Counted()
        self._likeness: Likeness | None = None
        self._leaves: NDArray[np.int32] = np.zeros((0, 0), np.int32)
        self._masses: NDArray[np.float64] = np.zeros(0)
        self._right: list[float] = []
        self._spacing: list[deque[float]] = []
        self._keys: list[str] = []
        self._trust = Trust()
        self._since = self._misses = 0

    @property
    def due(self) -> bool:
        """Whether it should be trained again."""
        if len(self._known) < _FEWEST or len(self._known.labels) <= 1:
            return False
        return self._stale or self._trust.due

    @property
    def _stale(self) -> bool:
        drifted = self._misses >= _MISSES and self._since >= _SETTLED
        return self._likeness is None or self._since >= self._every or drifted

    @property
    def trained(self) -> bool:
        """Whether it has learned which events distinguish outcomes."""
        return self._likeness is not None

    def __len__(self) -> int:
        return len(self._known)

    def predict(self, counts: Mapping[str, float]) -> Mapping[str, float]:
        """Return the probability of each outcome; the rest up to 1 belongs to outcomes never seen.

        Empty says "don't know": there are no outcomes yet, or none that share an event with this problem. If
        fewer than half of the events are shared with the nearest outcome, the trust shrinks in proportion,
        because no judged answer covers events never seen.
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

    def telling(self, counts: Mapping[str, float], *, most: int = 3) -> Sequence[str]:
        """Return those of the events that distinguish outcomes best, the most telling first."""
        if self._likeness is None:
            return ()
        weights = self._likeness.telling(self._known.row(counts))
        names = self._known.events
        return [names[at] for at in np.argsort(-weights, kind="stable")[:most] if weights[at] > 0]

    def learn(self, counts: Mapping[str, float], label: str, *, key: str = "") -> None:
        """Learn an outcome; its key is for forgetting it later."""
        answer = self._answer(counts)
        number = self._known.number(label)
        right = answer is not None and answer.label == number
        if answer is not None:
            self._trust.judge(answer.look, right=right)
            self._misses += not right
        self._remember(counts, number, np.nan if answer is None else float(right))
        self._keys.append(key)
        del self._keys[: len(self._keys) - len(self._known)]
        self._since += 1

    def miss(self, counts: Mapping[str, float], label: str) -> None:
        """Learn that the outcome was not `label`, whatever else it was."""
        answer = self._answer(counts)
        if answer is not None and self._known.labels[answer.label] == label:
            self._trust.judge(answer.look, right=False)
            self._misses += 1

    def knows(self, key: str) -> bool:
        """Return whether it has learned an outcome of this key."""
        return key in self._keys

    def forget(self, key: str) -> None:
        """Forget the outcomes of a key. What was trained with them stays until the next training."""
        for at in [at for at, one in enumerate(self._keys) if one == key][::-1]:
            self._known.drop(at)
            self._keys.pop(at)
            self._right.pop(at)
            if self._likeness is not None:
                self._leaves = np.delete(self._leaves, at, axis=0)
                self._masses = np.delete(self._masses, at)

    def train(self) -> None:
        """Learn how far to trust answers, if that is due, and which events distinguish outcomes."""
        if self._trust.due:
            self._trust.train()
            if not self._stale:
                return
        self._use(Likeness.learned(self._known.rows, self._known.outcomes))
        self._since = self._misses = 0

    def to_bytes(self) -> bytes:
        """Return its complete state as bytes, without pickle."""
        arrays = {
            **{f"known_{name}": one for name, one in self._known.arrays().items()},
            **{f"trust_{name}": one for name, one in self._trust.arrays().items()},
            **{f"like_{name}": one for name, one in (self._likeness.arrays() if self._likeness else {}).items()},
            "judged": np.array(self._right),
        }
        spacing: list[JsonValue] = [list(one) for one in self._spacing]
        keys: list[JsonValue] = list(self._keys)
        return pack(arrays, {**self._known.words(), "keys": keys, "spacing": spacing})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Learner":
        """Return the learner that `to_bytes` wrote. Raises IntegrityError for any other content."""
        arrays, words = unpack(content)
        try:
            learner = cls()
            learner._restore(arrays, words)
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise IntegrityError(f"the stored model is incomplete: {error!r}") from error
        return learner

    def _restore(self, arrays: Mapping[str, NDArray[Any]], words: Mapping[str, Any]) -> None:
        self._known = Counted.read(_part(arrays, "known_"), words)
        self._trust = Trust.read(_part(arrays, "trust_"))
        self._right = arrays["judged"].astype(np.float64).tolist()
        self._keys = [str(one) for one in words["keys"]]
        self._spacing = [deque(map(float, one), maxlen=100) for one in words["spacing"]]
        sizes = {len(self._known), len(self._right), len(self._keys)}
        if len(sizes) != 1 or len(self._spacing) != len(self._known.labels):
            raise IntegrityError("the stored outcomes contradict each other")
        likeness = _part(arrays, "like_")
        if likeness:
            self._use(Likeness.read(likeness))

    def _use(self, likeness: Likeness) -> None:
        self._likeness = likeness
        self._leaves = likeness.leaves(self._known.rows)
        self._masses = likeness.masses(self._known.rows)

    def _answer(self, counts: Mapping[str, float]) -> _Answer | None:
        if self._likeness is None:
            return None
        row = self._known.row(counts)
        near = Neighbours(
            distances=self._likeness.distances(self._known.rows, self._masses, row),
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
                apart = self._likeness.distances(self._known.rows[same], self._masses[same], row)
                self._spacing[number].append(float(apart.min()))
            self._leaves = np.vstack((self._leaves, self._likeness.leaves(row[None])))
            self._masses = np.append(self._masses, self._likeness.masses(row[None]))
        dropped = self._known.add(row, number)
        self._right.append(right)
        self._leaves, self._masses = self._leaves[dropped:], self._masses[dropped:]
        self._right = self._right[dropped:]

    def _commonest(self) -> Mapping[str, float]:
        times = np.bincount(self._known.outcomes)
        return {self._known.labels[int(times.argmax())]: float(times.max() / (len(self._known) + 1))}


def _part(arrays: Mapping[str, NDArray[Any]], prefix: str) -> Mapping[str, NDArray[Any]]:
    return {name.removeprefix(prefix): one for name, one in arrays.items() if name.startswith(prefix)}


def _shared(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the share of all events in either that occurred in both."""
    return float(((one > 0) & (other > 0)).sum() / max(((one > 0) | (other > 0)).sum(), 1))
