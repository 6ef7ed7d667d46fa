"""`Model`: the model of diagnosis. The model and its training are imported on first use.

A model needs NumPy, and training needs scikit-learn; a process that uses neither does not load them. Training takes
seconds of processor time, so it runs aside.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter

from grace_workers.foundation.aside import Aside
from grace_workers.foundation.document import JsonValue
from grace_workers.learning.recall import Precedent

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


def train_model(
    precedents: Sequence[Precedent], present: bytes | None, unseen: int, *, aside: Aside
) -> Trained[bytes] | None:
    """Return the stored form of a model trained on `precedents`, oldest first.

    None if there are too few, or all have one cause. `present` is the stored model in use, which has not seen the
    newest `unseen` of them; without one, the nearest precedent is the standard to beat.

    Raises:
        TransientError: the training was ended before it was done.
    """
    given = [_precedents().dump_python(list(precedents), mode="json"), in_text(present), unseen]
    return read_trained(aside(_train, given, within=LONGEST))


def _train(given: Any) -> JsonValue:
    from grace_workers.learning.models.training import trained

    precedents, present, unseen = given
    content = from_text(present)
    model = None if content is None else read_model(content)
    return told_trained(trained(_precedents().validate_python(precedents), model, unseen))


@cache
def _precedents() -> TypeAdapter[list[Precedent]]:
    return TypeAdapter(list[Precedent])


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
