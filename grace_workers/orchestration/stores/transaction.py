"""The transaction: `tx[GoalStore]` is a store in it, and those of the line itself have names."""

from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from grace_workers.orchestration.stores.approvals import ApprovalStore
from grace_workers.orchestration.stores.audit import AuditAppender
from grace_workers.orchestration.stores.conditions import ConditionStore
from grace_workers.orchestration.stores.cursors import CursorStore
from grace_workers.orchestration.stores.cycle_states import CycleStateStore
from grace_workers.orchestration.stores.events import EventStore
from grace_workers.orchestration.stores.fleet import FleetStore
from grace_workers.orchestration.stores.incidents import IncidentStore
from grace_workers.orchestration.stores.jobs import JobStore
from grace_workers.orchestration.stores.journal import Journal
from grace_workers.orchestration.stores.records import RecordStore
from grace_workers.orchestration.stores.signals import SignalStore
from grace_workers.orchestration.stores.switches import SwitchStore
from grace_workers.orchestration.stores.tokens import TokenStore

S = TypeVar("S")


class Transaction(Protocol):
    """One short transaction: everything in it commits together or not at all."""

    def __getitem__(self, port: type[S], /) -> S:
        """Return the store that implements `port`, the same one each time."""
        ...

    @property
    def audit(self) -> AuditAppender:
        """The audit log."""
        return self[AuditAppender]

    @property
    def jobs(self) -> JobStore:
        """The job ledger."""
        return self[JobStore]

    @property
    def events(self) -> EventStore:
        """The event mesh's log."""
        return self[EventStore]


class LineTransaction(Transaction, Protocol):
    """A transaction with names for the stores that the line works with."""

    @property
    def signals(self) -> SignalStore:
        """Signals."""
        return self[SignalStore]

    @property
    def conditions(self) -> ConditionStore:
        """Conditions and who of each still fires."""
        return self[ConditionStore]

    @property
    def incidents(self) -> IncidentStore:
        """Incidents."""
        return self[IncidentStore]

    @property
    def journal(self) -> Journal:
        """Runs and their steps."""
        return self[Journal]

    @property
    def approvals(self) -> ApprovalStore:
        """Approvals."""
        return self[ApprovalStore]

    @property
    def records(self) -> RecordStore:
        """Records and knowledge."""
        return self[RecordStore]

    @property
    def switches(self) -> SwitchStore:
        """Global switches."""
        return self[SwitchStore]

    @property
    def cycle_states(self) -> CycleStateStore:
        """What cycles remember."""
        return self[CycleStateStore]

    @property
    def tokens(self) -> TokenStore:
        """Tokens."""
        return self[TokenStore]

    @property
    def fleet(self) -> FleetStore:
        """Instances and leases."""
        return self[FleetStore]

    @property
    def cursors(self) -> CursorStore:
        """Where subscriptions to events stand."""
        return self[CursorStore]


class Ledger(Protocol):
    """Where transactions come from."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin one; commit at the end of the block, roll back on any exception.

        Raises TransientError when the database cannot be reached.
        """
        ...


class LineLedger(Protocol):
    """Where transactions come from. See `Ledger`."""

    def transaction(self) -> AbstractContextManager[LineTransaction]:
        """Begin one; commit at the end of the block, roll back on any exception."""
        ...
