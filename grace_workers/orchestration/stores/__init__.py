"""What the line stores, as ports: one small store per aggregate, all inside one transaction."""

from grace_workers.orchestration.stores.approvals import ApprovalStore
from grace_workers.orchestration.stores.audit import AuditAppender
from grace_workers.orchestration.stores.conditions import ConditionStore
from grace_workers.orchestration.stores.cursors import CursorStore
from grace_workers.orchestration.stores.cycle_states import CycleStateStore
from grace_workers.orchestration.stores.events import EventStore, Publisher
from grace_workers.orchestration.stores.incidents import HourCount, IncidentStore, Queue, Stalled
from grace_workers.orchestration.stores.jobs import JobStore
from grace_workers.orchestration.stores.journal import Journal
from grace_workers.orchestration.stores.records import RecordStore
from grace_workers.orchestration.stores.signals import Delivered, SignalCounts, SignalStore
from grace_workers.orchestration.stores.switches import SwitchStore
from grace_workers.orchestration.stores.tokens import Token, TokenStore
from grace_workers.orchestration.stores.transaction import Ledger, LineLedger, LineTransaction, Transaction

__all__ = [
    "ApprovalStore",
    "AuditAppender",
    "ConditionStore",
    "CursorStore",
    "CycleStateStore",
    "Delivered",
    "EventStore",
    "HourCount",
    "IncidentStore",
    "JobStore",
    "Journal",
    "Ledger",
    "LineLedger",
    "LineTransaction",
    "Publisher",
    "Queue",
    "RecordStore",
    "SignalCounts",
    "SignalStore",
    "Stalled",
    "SwitchStore",
    "Token",
    "TokenStore",
    "Transaction",
]
