"""A database console in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from grace_workers.actions import Blocker, RunningQuery, SqlConsole
from grace_workers.foundation.errors import NotFoundError


@dataclass(slots=True)
class MemoryConsole(SqlConsole):
    """A `SqlConsole` with sessions that block, queries that run, and a count of pending bytes.

    `tables` have dead and live rows, `changed` the rows changed since a table was analyzed, and `indexes` the bytes
    of an index and those that it would need. `leftovers` are the invalid indexes left behind by rebuilds.
    """

    blocking: list[Blocker] = field(default_factory=list)
    idle_sessions: int = 1
    pending: int = 0
    tables: dict[str, tuple[int, int]] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    running: list[RunningQuery] = field(default_factory=list)
    indexes: dict[str, tuple[int, int]] = field(default_factory=dict)
    leftovers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def blockers(self, older_than: timedelta) -> Sequence[Blocker]:
        old = [blocker for blocker in self.blocking if blocker.transaction_age > older_than]
        return sorted(old, key=lambda blocker: -blocker.waiting)

    def lock_waiters(self) -> int:
        """Return the waiting sessions of all blockers."""
        return sum(blocker.waiting for blocker in self.blocking)

    def end_session(self, blocker: Blocker) -> bool:
        if not self.session_exists(blocker.pid, blocker.incarnation):
            return False
        self.blocking = [one for one in self.blocking if one.pid != blocker.pid]
        self.idle_sessions += blocker.waiting
        return True

    def session_exists(self, pid: int, incarnation: str) -> bool:
        return any((blocker.pid, blocker.incarnation) == (pid, incarnation) for blocker in self.blocking)

    def session_count(self) -> int:
        """Return blocking, waiting and idle sessions."""
        return len(self.blocking) + self.lock_waiters() + self.idle_sessions

    def checkpoint(self) -> None:
        self.pending = 0

    def bytes_since_checkpoint(self) -> int:
        return self.pending

    def vacuum(self, table: str, *, analyze: bool) -> None:
        _, live = self._table(table)
        self.tables[table] = (0, live)
        if analyze:
            self.analyze(table)

    def dead_tuples(self, table: str) -> int:
        return self._table(table)[0]

    def live_tuples(self, table: str) -> int:
        return self._table(table)[1]

    def changed_tuples(self, table: str) -> int:
        self._table(table)
        return self.changed.get(table, 0)

    def analyze(self, table: str) -> None:
        self._table(table)
        self.changed[table] = 0

    def long_queries(self, older_than: timedelta) -> Sequence[RunningQuery]:
        return sorted((one for one in self.running if one.age > older_than), key=lambda one: -one.age)

    def cancel_query(self, query: RunningQuery) -> bool:
        found = self.query_runs(query)
        self.running = [one for one in self.running if _identity(one) != _identity(query)]
        return found

    def query_runs(self, query: RunningQuery) -> bool:
        return any(_identity(one) == _identity(query) for one in self.running)

    def index_bytes(self, index: str) -> int:
        return self._index(index)[0]

    def reindex(self, index: str) -> None:
        _, needed = self._index(index)
        self.indexes[index] = (needed, needed)

    def index_leftovers(self, index: str) -> Sequence[str]:
        self._index(index)
        return self.leftovers.get(index, ())

    def drop_index_leftovers(self, index: str) -> int:
        self._index(index)
        return len(self.leftovers.pop(index, ()))

    def _index(self, name: str) -> tuple[int, int]:
        try:
            return self.indexes[name]
        except KeyError:
            raise NotFoundError(f"there is no index {name!r}") from None

    def _table(self, name: str) -> tuple[int, int]:
        try:
            return self.tables[name]
        except KeyError:
            raise NotFoundError(f"there is no table {name!r}") from None


def _identity(query: RunningQuery) -> tuple[int, str, str]:
    return query.pid, query.incarnation, query.begun
