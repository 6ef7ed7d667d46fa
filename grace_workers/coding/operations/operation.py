"""What an operation of the coding agent is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.document import Document, JsonValue

A = TypeVar("A", bound=Document)


class NoArguments(Document):
    """No arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodingOperation(Generic[A]):
    """A request with its arguments, and what answers it. A refusal is an answer; an error of ours is an exception."""

    name: str
    about: str
    arguments: type[A]
    run: Callable[[A, Workshop], Mapping[str, JsonValue]]
    offered: bool = True


AnyOperation = CodingOperation[Any]
