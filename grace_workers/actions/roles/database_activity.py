"""`DatabaseActivity`: what a database is busy with, which explains the figures of its server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveStatement:
    """A statement that runs, without its values. `waits_for` is what the session waits for, empty if it works.

    `own` says that it is a look or an upkeep of ours.
    """

    statement: str
    age: timedelta
    waits_for: str
    application: str
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CostlyStatement:
    """Statements of one shape since their figures were reset: how often, the mean, and the sum of their times."""

    statement: str
    calls: int
    mean: timedelta
    total: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWait:
    """A session that waits for a lock, what it wants to do, and the sessions that it waits for."""

    statement: str
    age: timedelta
    wanted: str
    held_by: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A connected replica: by how many bytes it lags, and by how long if that is known."""

    name: str
    state: str
    lag_bytes: int
    lag: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableUse:
    """A table: its size with indexes in bytes, its dead and live rows, and when it was last vacuumed.

    The size may be that of the last vacuum or analyze.
    """

    table: str
    size: int
    dead: int
    live: int
    vacuumed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """When the server started and read its configuration, and the settings that a restart would change."""

    started_at: datetime
    loaded_at: datetime
    pending: Sequence[str]


class DatabaseActivity(Protocol):
    """A database, read and never changed. Statements are shown without the values in them.

    Every method raises TransientError when the server does not answer; `limit` is the most that it returns.
    """

    def running(self, limit: int) -> Sequence[ActiveStatement]:
        """Return the statements of clients that run, longest first."""
        ...

    def costly(self, limit: int) -> Sequence[CostlyStatement] | None:
        """Return the statements that took most time, the most first; None where the server does not count them."""
        ...

    def waiting(self, limit: int) -> Sequence[LockWait]:
        """Return the sessions that wait for locks, longest first."""
        ...

    def replicas(self, limit: int) -> Sequence[Replica]:
        """Return the connected replicas, by name."""
        ...

    def tables(self, limit: int) -> Sequence[TableUse]:
        """Return the tables with the most dead rows, most first, and those that are largest."""
        ...

    def size(self) -> int:
        """Return the size of the database in bytes."""
        ...

    def settings(self) -> ServerSettings:
        """Return when the configuration took effect."""
        ...
