"""`Model`: what answers what a problem is. It and its training are loaded where they are first used.

A model needs NumPy, and training needs scikit-learn; a process that uses neither does without both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from grace_workers.foundation.document import JsonValue
from grace_workers.learning.recall import Precedent


class Model(Protocol):
    """A model of diagnosis. See `learning.models.learner`."""

    @property
    def trained(self) -> bool:
        """Whether it has learned which events tell outcomes apart."""
        ...

    @property
    def due(self) -> bool:
        """Whether it should be trained anew."""
        ...

    def predict(self, counts: Mapping[str, float]) -> Mapping[str, float]:
        """Return the probability of each cause; empty says "don't know"."""
        ...

    def telling(self, counts: Mapping[str, float], *, most: int = 3) -> Sequence[str]:
        """Return those of the events that tell outcomes apart best."""
        ...

    def learn(self, counts: Mapping[str, float], label: str, *, key: str = "") -> None:
        """Take in an outcome."""

    def miss(self, counts: Mapping[str, float], label: str) -> None:
        """Take in that it was not `label`."""

    def forget(self, key: str) -> None:
        """Forget the outcomes of a key."""

    def to_bytes(self) -> bytes:
        """Return everything that it knows, without pickle."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A trained model and how it did on the newest outcomes: Brier scores over labels, 0 to 2, where less is better.

    `standard` is the score of what it was compared with.
    """

    model: Model
    held: int
    score: float
    standard: float

    @property
    def better(self) -> bool:
        """Whether it did better than what is there."""
        return self.score < self.standard

    def told(self) -> Mapping[str, JsonValue]:
        """Return the comparison in figures."""
        return {"held_out": self.held, "brier": round(self.score, 4), "brier_before": round(self.standard, 4)}


def new_model() -> Model:
    """Return a model that knows nothing."""
    from grace_workers.learning.models.learner import Learner

    return Learner()


def read_model(content: bytes) -> Model:
    """Return the model that was stored. Raises IntegrityError for anything else."""
    from grace_workers.learning.models.learner import Learner

    return Learner.from_bytes(content)


def train_model(precedents: Sequence[Precedent], present: Model | None, unseen: int) -> Trained | None:
    """Return a model trained on `precedents`, oldest first; None where they are too few or of one cause only.

    `present` is the model in use, which has not seen the newest `unseen` of them; without one, the nearest precedent is
    the standard to beat. `present` learns them in the comparison, so pass a copy of it.
    """
    from grace_workers.learning.models.training import trained

    return trained(precedents, present, unseen)
