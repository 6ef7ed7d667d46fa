"""The examples of a cause's file: signals as they arrive, and readings."""

import json
import re
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from grace_workers.foundation.document import Document, JsonValue

_NAME = "[a-z][a-z0-9_]{0,63}"
Name = Annotated[str, StringConstraints(pattern=f"^{_NAME}$")]
Log = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]


def is_cause_name(name: str) -> bool:
    """Return whether a cause can have this name, which is also its file's."""
    return re.fullmatch(_NAME, name) is not None


class ExampleSignal(Document):
    """A signal in Grace's own plain terms."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    summary: str = Field(default="", max_length=2_000)
    text: str | None = Field(default=None, max_length=20_000)


class ExampleDelivery(Document):
    """What a sender posts to a source: JSON, or plain text."""

    source: Name
    body: JsonValue

    @property
    def raw(self) -> bytes:
        """The bytes that the sender posts."""
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


class Told(Document):
    """What reports a problem: a signal, a delivery, or lines of a log."""

    signal: ExampleSignal | None = None
    delivery: ExampleDelivery | None = None
    log: Log | None = None

    @property
    def ways(self) -> int:
        """In how many ways it reports."""
        return sum(one is not None for one in (self.signal, self.delivery, self.log))


class Counterexample(Told):
    """What looks like the cause and is something else."""

    @model_validator(mode="after")
    def _tells_once(self) -> Self:
        if self.ways != 1:
            raise ValueError("a counterexample has one of `signal`, `delivery` and `log`")
        return self


class CauseExample(Told):
    """What points to the cause, or readings that show it; and readings that would refute it."""

    readings: dict[Name, float] = Field(default_factory=dict, max_length=20)
    refuted_by: dict[Name, float] = Field(default_factory=dict, max_length=20)

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if self.ways + bool(self.readings) != 1:
            raise ValueError("an example has one of `signal`, `delivery`, `log` and `readings`")
        return self
