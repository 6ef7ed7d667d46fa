"""A ledger in memory: transactions that commit whole or not at all, one at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from tests.memory.transaction import MemoryTransaction, Tables


class MemoryLedger:
    """Where transactions come from. They take turns, as if each ran alone."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._tables: Tables = {}
        self._turn = threading.RLock()

    @property
    def entries(self) -> list[Entry]:
        """The committed audit entries, oldest first."""
        with self._turn:
            return list(self._tables.get("entries", {}).values())

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        """Begin one; commit at the end of the block, roll back on any exception."""
        with self._turn:
            working = {name: dict(rows) for name, rows in self._tables.items()}
            yield MemoryTransaction(working, self.clock)
            self._tables = working

    @contextmanager
    def reading(self) -> Iterator[MemoryTransaction]:
        """Return the stores, from which the block may only read."""
        with self.transaction() as tx:
            yield tx
            assert tx.changed(self._tables) == [], "changed where one may only read"
