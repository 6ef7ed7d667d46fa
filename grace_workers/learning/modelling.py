"""`Model`: the model of diagnosis. The model and its training are imported on first use.

A model needs NumPy, and training needs scikit-learn; a process that uses neither does not load them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from grace_workers.foundation.document import JsonValue
from grace_workers.learning.recall import Precedent

M_co = TypeVar("M_co", covariant=True)

FEWEST_HELD = 5
"""On how many outcomes at least a new model is compared with the present one."""


class Model(Protocol):
    """A model of diagnosis. See `learning.models.learner`."""

    @property
    def trained(self) -> bool:
        """Whether it has learned which events distinguish outcomes."""
        ...

    @property
    def due(self) -> bool:
        """Whether it should be trained again."""
        ...

    def predict(self, counts: Mapping[str, float]) -> Mapping[str, float]:
        """Return the probability of each cause; empty says "don't know"."""
        ...

    def telling(self, counts: Mapping[str, float], *, most: int = 3) -> Sequence[str]:
        """Return those of the events that distinguish outcomes best."""
        ...

    def learn(self, counts: Mapping[str, float], label: str, *, key: str = "") -> None:
        """Learn an outcome."""

    def miss(self, counts: Mapping[str, float], label: str) -> None:
        """Learn that the outcome was not `label`."""

    def knows(self, key: str) -> bool:
        """Return whether it has learned an outcome of this key."""
        ...

    def forget(self, key: str) -> None:
        """Forget the outcomes of a key."""

    def to_bytes(self) -> bytes:
        """Return its complete state as bytes, without pickle."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained(Generic[M_co]):
    """A trained model and its score on the newest outcomes: Brier scores over labels, from 0 to 2; lower is better.

    `standard` is the score of what it was compared with.
    """

    model: M_co
    held: int
    score: float
    standard: float

    @property
    def better(self) -> bool:
        """Whether it did better than what is in use."""
        return self.score < self.standard

    def told(self) -> Mapping[str, JsonValue]:
        """Return the comparison in figures."""
        return {"held_out": self.held, "brier": round(self.score, 4), "brier_before": round(self.standard, 4)}


def new_model() -> Model:
    """Return a model that knows nothing."""
    from grace_workers.learning.models.learner import Learner

    return Learner()


def read_model(content: bytes) -> Model:
    """Return the stored model. Raises IntegrityError for any other content."""
    from grace_workers.learning.models.learner import Learner

    return Learner.from_bytes(content)


def train_model(precedents: Sequence[Precedent], present: Model | None, unseen: int) -> Trained[Model] | None:
    """Return a model trained on `precedents`, oldest first; None if there are too few, or all have one cause.

    `present` is the model in use, which has not seen the newest `unseen` of them; without one, the nearest
    precedent is the standard to beat. The comparison trains `present` on them, so pass a copy.
    """
    from grace_workers.learning.models.training import trained

    return trained(precedents, present, unseen)
