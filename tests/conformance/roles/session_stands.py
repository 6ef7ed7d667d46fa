"""What the suite of `ClientSessions` asks of a stand."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from grace_workers.actions import ClientSessions


class Begin(Protocol):
    """Open a session of an application `shop` that then does nothing, and return how its client uses it again."""

    def __call__(self, *, in_transaction: bool) -> Callable[[], object]: ...


@dataclass(frozen=True)
class Sessions:
    """A server; `cut` uses a session and returns whether the server has ended it."""

    role: ClientSessions
    begin: Begin
    cut: Callable[[Callable[[], object]], bool]
