"""Sessions of clients in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from grace_workers.actions import ClientSessions, IdleSession


@dataclass(slots=True)
class MemorySessions(ClientSessions):
    """`ClientSessions` with given idle sessions, and a count of those that are in use."""

    sessions: list[IdleSession] = field(default_factory=list)
    in_use: int = 1

    def idle(self, older_than: timedelta, *, in_transaction: bool) -> Sequence[IdleSession]:
        found = [one for one in self.sessions if one.idle >= older_than and one.in_transaction is in_transaction]
        return sorted(found, key=lambda one: (-one.idle, one.number))

    def end(self, session: IdleSession) -> bool:
        left = [one for one in self.sessions if (one.number, one.incarnation) != (session.number, session.incarnation)]
        ended = len(left) < len(self.sessions)
        self.sessions = left
        return ended

    def count(self) -> int:
        return len(self.sessions) + self.in_use
