"""The line's stores over PostgreSQL."""

from grace_workers.adapters.postgres.line.approvals import PostgresApprovalStore
from grace_workers.adapters.postgres.line.conditions import PostgresConditionStore
from grace_workers.adapters.postgres.line.incidents import PostgresIncidentStore
from grace_workers.adapters.postgres.line.journal import PostgresJournal
from grace_workers.adapters.postgres.line.memories import PostgresMemoryStore
from grace_workers.adapters.postgres.line.records import PostgresRecordStore
from grace_workers.adapters.postgres.line.signals import PostgresSignalStore
from grace_workers.adapters.postgres.line.switches import PostgresSwitchStore
from grace_workers.adapters.postgres.line.tokens import PostgresTokenStore

__all__ = [
    "PostgresApprovalStore",
    "PostgresConditionStore",
    "PostgresIncidentStore",
    "PostgresJournal",
    "PostgresMemoryStore",
    "PostgresRecordStore",
    "PostgresSignalStore",
    "PostgresSwitchStore",
    "PostgresTokenStore",
]
