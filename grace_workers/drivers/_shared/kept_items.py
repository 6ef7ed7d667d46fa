"""The items of a target that parts of safe points hold, and what a driver does with them."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol
from urllib.parse import quote, unquote

from pydantic import Field

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import PermanentError


class Sink(Protocol):
    """Where the content of an item is written to."""

    def write(self, data: bytes, /) -> object:
        """Take some bytes."""


class Nowhere:
    """Takes what nobody needs: only the fingerprint of an item is asked for."""

    def write(self, data: bytes, /) -> int:
        """Forget it."""
        return len(data)


class Capped:
    """Passes on what fits into `left` bytes. Raises PermanentError at the first that does not."""

    def __init__(self, sink: Sink, left: int, largest: int) -> None:
        self._sink = sink
        self.left = left
        self._largest = largest

    def write(self, data: bytes, /) -> int:
        """Pass it on."""
        self.left -= len(data)
        if self.left < 0:
            raise PermanentError(
                f"the content is larger than {self._largest} bytes; raise `largest` of the target's `safe_point`, or "
                f"declare less"
            )
        self._sink.write(data)
        return len(data)


class Printed:
    """Passes on what is written, and takes its SHA-256. `first` is what counts beside the content."""

    def __init__(self, sink: Sink, first: str = "") -> None:
        self._sink = sink
        self._digest = hashlib.sha256(first.encode("utf-8", "surrogateescape") + b"\0")

    def write(self, data: bytes, /) -> int:
        """Pass it on."""
        self._digest.update(data)
        self._sink.write(data)
        return len(data)

    @property
    def sha256(self) -> str:
        """The fingerprint of what was written so far."""
        return self._digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadItem:
    """An item as it was read: its fingerprint, equal for equal items, and what its content does not say."""

    sha256: str
    about: Mapping[str, JsonValue] = field(default_factory=dict)


class KeptItem(Document):
    """An item in a part. `name` is percent-encoded, because names of files and keys are bytes and need not be text."""

    name: str
    member: str
    sha256: str
    about: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The name, as a sentence has it."""
        return self.named(self.name)

    @property
    def spelled(self) -> str:
        """The name, as calls of the system take it."""
        return spelled(self.name)

    @staticmethod
    def named(name: str) -> str:
        """Return a name as a sentence has it: printable, and not too long."""
        return repr(name[:120])


def encoded(name: str) -> str:
    """Return the name of an item for a text."""
    return quote(name, safe="/:,@ +=", errors="surrogateescape")


def spelled(name: str) -> str:
    """Return what `encoded` was given."""
    return unquote(name, errors="surrogateescape")


class Items(Protocol):
    """The items of one target while they are open."""

    def names(self) -> Iterator[str]:
        """Yield the encoded names of the items, in order."""
        ...

    def read(self, name: str, into: Sink) -> ReadItem | None:
        """Write an item's content; None when it is gone."""
        ...

    def expected(self, kept: Mapping[str, KeptItem]) -> Mapping[str, KeptItem]:
        """Return those of a part that would still be there had nothing happened: a key may have expired."""
        ...

    def write(
        self, kept: Mapping[str, KeptItem], changed: Mapping[str, str | None], content: Callable[[KeptItem], BinaryIO]
    ) -> None:
        """Make every name of `changed` what it is in `kept`, or remove it. Its value is the fingerprint of now, if any.

        Raises ConflictError when an item has another fingerprint by now, where it can be told.
        """
