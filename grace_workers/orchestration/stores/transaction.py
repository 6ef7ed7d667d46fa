"""The transaction: `tx[GoalStore]` is a store in it, and the line's own stores have names."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar

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


class StoreOf(Generic[S]):
    """A store under a name: `tx.jobs` is `tx[JobStore]`."""

    def __init__(self, port: type[S]) -> None:
        self._port = port

    def __get__(self, tx: "Transaction", owner: Any = None) -> S:
        return tx[self._port]


class Transaction(ABC):
    """One short transaction: everything in it commits together or not at all."""

    @abstractmethod
    def __getitem__(self, port: type[S], /) -> S:
        """Return the store that implements `port`, the same one each time."""

    audit = StoreOf(AuditAppender)
    jobs = StoreOf(JobStore)
    events = StoreOf(EventStore)


class LineTransaction(Transaction):
    """A transaction with names for the stores that the line uses."""

    signals = StoreOf(SignalStore)
    conditions = StoreOf(ConditionStore)
    incidents = StoreOf(IncidentStore)
    journal = StoreOf(Journal)
    approvals = StoreOf(ApprovalStore)
    records = StoreOf(RecordStore)
    switches = StoreOf(SwitchStore)
    cycle_states = StoreOf(CycleStateStore)
    tokens = StoreOf(TokenStore)
    fleet = StoreOf(FleetStore)
    cursors = StoreOf(CursorStore)


class Ledger(Protocol):
    """Where transactions come from."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin one; commit at the end of the block, roll back on any exception.

        Raises TransientError when the database cannot be reached.
        """

    def reading(self) -> AbstractContextManager[Transaction]:
        """Return stores that may only be read from.

        It spares two of the exchanges with the database that a transaction needs. Each question sees what is committed
        when it is asked, as it would in a transaction.

        Raises:
            AssertionError: something is written or locked in it.
        """


class LineLedger(Protocol):
    """Where transactions come from. See `Ledger`."""

    def transaction(self) -> AbstractContextManager[LineTransaction]:
        """Begin one; commit at the end of the block, roll back on any exception."""

    def reading(self) -> AbstractContextManager[LineTransaction]:
        """Return stores that may only be read from."""
