"""`SqlConsole`: a PostgreSQL database and its maintenance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """A database session that others wait for. `incarnation` tells it from a later session of the same pid."""

    pid: int
    incarnation: str
    waiting: int
    transaction_age: timedelta
    state: str
    application: str


class SqlConsole(Protocol):
    """A PostgreSQL database and its maintenance; never for running anyone's SQL."""

    def blockers(self, older_than: timedelta) -> Sequence[Blocker]:
        """Return the root blockers of lock queues whose transaction is older, most waited-for first."""

    def lock_waiters(self) -> int:
        """Return how many sessions wait for a lock now."""

    def end_session(self, blocker: Blocker) -> bool:
        """End that very session; False when it was already gone."""

    def session_exists(self, pid: int, incarnation: str) -> bool:
        """Return whether that very session still exists."""

    def session_count(self) -> int:
        """Return the number of client sessions of this database."""

    def checkpoint(self) -> None:
        """Force a checkpoint and wait for it."""

    def bytes_since_checkpoint(self) -> int:
        """Return the bytes of write-ahead log a crash would replay now."""

    def vacuum(self, table: str, *, analyze: bool) -> None:
        """Vacuum one table. Raises NotFoundError for an unknown table."""

    def dead_tuples(self, table: str) -> int:
        """Return the table's dead rows as the statistics know them. Raises NotFoundError for an unknown table."""

    def live_tuples(self, table: str) -> int:
        """Return the table's live rows as the statistics know them. Raises NotFoundError for an unknown table."""
