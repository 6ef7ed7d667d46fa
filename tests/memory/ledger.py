"""A ledger in memory: transactions that commit whole or not at all, one at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from tests.memory.approvals import MemoryApprovalStore
from tests.memory.audit import MemoryAuditAppender
from tests.memory.conditions import MemoryConditionStore
from tests.memory.cursors import MemoryCursorStore
from tests.memory.events import MemoryEventStore
from tests.memory.fleet import MemoryFleetStore
from tests.memory.incidents import MemoryIncidentStore
from tests.memory.jobs import MemoryJobStore
from tests.memory.journal import MemoryJournal
from tests.memory.memories import MemoryMemoryStore
from tests.memory.records import MemoryRecordStore
from tests.memory.signals import MemorySignalStore
from tests.memory.switches import MemorySwitchStore
from tests.memory.tokens import MemoryTokenStore

Tables = dict[str, dict[Any, Any]]


class MemoryTransaction:
    """The stores of one transaction, each made when first asked for."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    def table(self, name: str) -> dict[Any, Any]:
        """Return the rows of one table by key. Rows are frozen values; replace them, never change them in place."""
        return self._tables.setdefault(name, {})

    @cached_property
    def audit(self) -> MemoryAuditAppender:
        """The audit log."""
        return MemoryAuditAppender(self.table("entries"))

    @cached_property
    def jobs(self) -> MemoryJobStore:
        """The job ledger."""
        return MemoryJobStore(self.table, self.audit, self.events, self._clock)

    @cached_property
    def signals(self) -> MemorySignalStore:
        """Signals and their fates."""
        return MemorySignalStore(self.table, self._clock)

    @cached_property
    def conditions(self) -> MemoryConditionStore:
        """Conditions and who of each still fires."""
        return MemoryConditionStore(self.table)

    @cached_property
    def incidents(self) -> MemoryIncidentStore:
        """Incidents, dossiers, timelines."""
        return MemoryIncidentStore(self.table, self._clock)

    @cached_property
    def journal(self) -> MemoryJournal:
        """Runs and their steps."""
        return MemoryJournal(self.table)

    @cached_property
    def approvals(self) -> MemoryApprovalStore:
        """Questions to people."""
        return MemoryApprovalStore(self.table)

    @cached_property
    def records(self) -> MemoryRecordStore:
        """Track records and knowledge."""
        return MemoryRecordStore(self.table)

    @cached_property
    def switches(self) -> MemorySwitchStore:
        """The global switches."""
        return MemorySwitchStore(self.table)

    @cached_property
    def memories(self) -> MemoryMemoryStore:
        """What cycles remember."""
        return MemoryMemoryStore(self.table)

    @cached_property
    def tokens(self) -> MemoryTokenStore:
        """Bearer tokens."""
        return MemoryTokenStore(self.table)

    @cached_property
    def events(self) -> MemoryEventStore:
        """The event mesh's log."""
        return MemoryEventStore(self.table, self._clock)

    @cached_property
    def fleet(self) -> MemoryFleetStore:
        """Instances and leases."""
        return MemoryFleetStore(self.table, self.jobs, self._clock)

    @cached_property
    def cursors(self) -> MemoryCursorStore:
        """Where subscriptions stand."""
        return MemoryCursorStore(self.table, self._clock)


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
