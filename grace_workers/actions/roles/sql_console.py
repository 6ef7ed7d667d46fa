"""`SqlConsole`: a PostgreSQL database and its maintenance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """A database session that others wait for. `incarnation` distinguishes it from a later session of the same pid."""

    pid: int
    incarnation: str
    waiting: int
    transaction_age: timedelta
    state: str
    application: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningQuery:
    """A running statement. `incarnation` and `begun` distinguish it from any other of the same pid.

    `wrote` says that its transaction has changed something, which ending it would undo.
    """

    pid: int
    incarnation: str
    begun: str
    age: timedelta
    wrote: bool
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

    def changed_tuples(self, table: str) -> int:
        """Return the rows changed since the table was last analyzed. Raises NotFoundError for an unknown table."""

    def analyze(self, table: str) -> None:
        """Refresh the planner's statistics of one table. Raises NotFoundError for an unknown table."""

    def long_queries(self, older_than: timedelta) -> Sequence[RunningQuery]:
        """Return statements of clients that run for longer, longest first; no maintenance and no superuser's."""

    def cancel_query(self, query: RunningQuery) -> bool:
        """Cancel that very statement, wait for its end and keep its session; False when it had ended."""

    def query_runs(self, query: RunningQuery) -> bool:
        """Return whether that very statement still runs."""

    def index_bytes(self, index: str) -> int:
        """Return the size of an index. Raises NotFoundError for an unknown index."""

    def reindex(self, index: str) -> None:
        """Rebuild an index beside the old one, without blocking writes, and replace it.

        Raises NotFoundError for an unknown index, TransientError while another session builds one on its table.
        """

    def index_leftovers(self, index: str) -> Sequence[str]:
        """Return the invalid indexes that interrupted rebuilds of this index left behind."""

    def drop_index_leftovers(self, index: str) -> int:
        """Drop them, without blocking writes; return how many. Raises TransientError while a build still runs."""
