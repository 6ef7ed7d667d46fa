"""`ClientSessions`: the sessions that clients keep with a server and do not use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleSession:
    """A session whose client asks for nothing. `application` is what the client calls itself, empty if nothing.

    `incarnation` distinguishes it from a later session with the same number, and where the server tells, from the same
    session after its client has used it again.
    """

    number: int
    incarnation: str
    application: str
    idle: timedelta
    in_transaction: bool


class ClientSessions(Protocol):
    """The sessions of clients with one server. Those of Grace, of replicas and of superusers are not seen.

    Nor are those that wait on purpose, such as one that holds an advisory lock outside any transaction.
    """

    def idle(self, older_than: timedelta, *, in_transaction: bool) -> Sequence[IdleSession]:
        """Return those that have been idle for at least so long, within a transaction or outside any, longest first."""
        ...

    def end(self, session: IdleSession) -> bool:
        """End that very session if it is still idle; False when it was gone or is used again."""
        ...

    def count(self) -> int:
        """Return how many sessions clients have."""
        ...
