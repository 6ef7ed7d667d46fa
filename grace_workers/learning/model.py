"""What a model of diagnosis is, one of events and one of texts, and what its training found."""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

from grace_workers.foundation.document import JsonValue

M_co = TypeVar("M_co", covariant=True)

FEWEST_HELD = 5
"""On how many outcomes at least a new model is compared with the present one."""

LONGEST = timedelta(minutes=15)
"""How long one training may take."""


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


class TextModel(Protocol):
    """A model of what texts are about. See `learning.models.reader`."""

    def predict(self, text: str) -> Mapping[str, float]:
        """Return the probability of each cause; empty says "don't know"."""
        ...

    def telling(self, text: str, label: str, *, most: int = 3) -> Sequence[str]:
        """Return the words of the text that speak most for a cause."""
        ...

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


def told_trained(found: Trained[Any] | None) -> JsonValue:
    """Return what was trained as data, for `read_trained`."""
    return None if found is None else asdict(replace(found, model=in_text(found.model.to_bytes())))


def read_trained(told: Any) -> Trained[bytes] | None:
    """Return what `told_trained` told of, with the model's stored form."""
    return None if told is None else Trained(**{**told, "model": b64decode(told["model"])})


def in_text(content: bytes | None) -> str | None:
    """Return bytes as text."""
    return None if content is None else b64encode(content).decode()


def from_text(text: str | None) -> bytes | None:
    """Return the bytes of `in_text`."""
    return None if text is None else b64decode(text)
