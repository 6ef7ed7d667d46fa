"""A database console in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from grace_workers.actions import Blocker, SqlConsole
from grace_workers.foundation.errors import NotFoundError


@dataclass(slots=True)
class MemoryConsole(SqlConsole):
    """A `SqlConsole` with sessions that block, tables with dead rows, and a count of pending bytes."""

    blocking: list[Blocker] = field(default_factory=list)
    idle_sessions: int = 1
    pending: int = 0
    tables: dict[str, tuple[int, int]] = field(default_factory=dict)

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
        del analyze
        _, live = self._table(table)
        self.tables[table] = (0, live)

    def dead_tuples(self, table: str) -> int:
        return self._table(table)[0]

    def live_tuples(self, table: str) -> int:
        return self._table(table)[1]

    def _table(self, name: str) -> tuple[int, int]:
        try:
            return self.tables[name]
        except KeyError:
            raise NotFoundError(f"there is no table {name!r}") from None
