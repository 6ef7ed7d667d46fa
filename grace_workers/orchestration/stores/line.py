"""All stores of the line inside one transaction."""

from contextlib import AbstractContextManager
from typing import Protocol

from grace_workers.orchestration.events.mesh import CursorStore
from grace_workers.orchestration.ports import Transaction
from grace_workers.orchestration.stores.approvals import ApprovalStore
from grace_workers.orchestration.stores.conditions import ConditionStore
from grace_workers.orchestration.stores.fleet import FleetStore
from grace_workers.orchestration.stores.incidents import IncidentStore
from grace_workers.orchestration.stores.journal import Journal
from grace_workers.orchestration.stores.memories import MemoryStore
from grace_workers.orchestration.stores.records import RecordStore
from grace_workers.orchestration.stores.signals import SignalStore
from grace_workers.orchestration.stores.switches import SwitchStore
from grace_workers.orchestration.stores.tokens import TokenStore


class LineTransaction(Transaction, Protocol):
    """A transaction with the line's stores beside jobs and audit."""

    @property
    def signals(self) -> SignalStore:
        """Signals."""
        ...

    @property
    def conditions(self) -> ConditionStore:
        """Conditions and who of each still fires."""
        ...

    @property
    def incidents(self) -> IncidentStore:
        """Incidents."""
        ...

    @property
    def journal(self) -> Journal:
        """Runs and their steps."""
        ...

    @property
    def approvals(self) -> ApprovalStore:
        """Approvals."""
        ...

    @property
    def records(self) -> RecordStore:
        """Records and knowledge."""
        ...

    @property
    def switches(self) -> SwitchStore:
        """Global switches."""
        ...

    @property
    def memories(self) -> MemoryStore:
        """What cycles remember."""
        ...

    @property
    def tokens(self) -> TokenStore:
        """Tokens."""
        ...

    @property
    def fleet(self) -> FleetStore:
        """Instances and leases."""
        ...

    @property
    def cursors(self) -> CursorStore:
        """Where subscriptions to events stand."""
        ...


class LineLedger(Protocol):
    """Where transactions come from. See `ports.Ledger`."""

    def transaction(self) -> AbstractContextManager[LineTransaction]:
        """Begin one; commit at the end of the block, roll back on any exception."""
        ...
