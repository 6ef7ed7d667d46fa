"""What the fault proxy can do to the bytes that go one way through it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from grace_workers.foundation.errors import InputError

Address = tuple[str, int]

_NONE = timedelta(0)
_HIGHEST_PORT = 65_535


class Direction(StrEnum):
    """The direction of bytes. The client is the side that connected to the proxy."""

    TO_UPSTREAM = "to_upstream"
    TO_CLIENT = "to_client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How one direction is passed. The default is healthy; the faults add up.

    `held`: nothing goes through, not even the end of a connection; bytes in transit wait, as on a line that loses
    every packet, and continue when the passage is opened again. `delay`, `jitter`: every chunk waits so long, and
    up to `jitter` more; the order stays. `bytes_per_second`: for each connection separately. `reset_after`: each
    connection is reset once so many bytes have gone this way, counted from the setting of this.
    """

    held: bool = False
    delay: timedelta = _NONE
    jitter: timedelta = _NONE
    bytes_per_second: int | None = None
    reset_after: int | None = None

    def __post_init__(self) -> None:
        if self.delay < _NONE or self.jitter < _NONE:
            raise InputError(f"a delay of {self.delay} and a jitter of {self.jitter} must not be below zero")
        if self.bytes_per_second is not None and self.bytes_per_second < 1:
            raise InputError(f"{self.bytes_per_second} bytes a second is no speed; hold the passage instead")
        if self.reset_after is not None and self.reset_after < 0:
            raise InputError(f"a connection cannot be reset after {self.reset_after} bytes")


OPEN = Passage()
HELD = Passage(held=True)


def address_of(text: str) -> Address:
    """Read `host:port`; an IPv6 host stands in brackets.

    Raises:
        InputError: it is something else.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _HIGHEST_PORT:
        raise InputError(f"{text!r} is no address; write host:port, as 127.0.0.1:5432")
    return host.removeprefix("[").removesuffix("]"), int(port)
