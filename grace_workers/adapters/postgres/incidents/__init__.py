"""The line's stores over PostgreSQL."""

from grace_workers.adapters.postgres.incidents.approvals import PostgresApprovalStore
from grace_workers.adapters.postgres.incidents.conditions import PostgresConditionStore
from grace_workers.adapters.postgres.incidents.incidents import PostgresIncidentStore
from grace_workers.adapters.postgres.incidents.journal import PostgresJournal
from grace_workers.adapters.postgres.incidents.memories import PostgresMemoryStore
from grace_workers.adapters.postgres.incidents.records import PostgresRecordStore
from grace_workers.adapters.postgres.incidents.signals import PostgresSignalStore
from grace_workers.adapters.postgres.incidents.switches import PostgresSwitchStore
from grace_workers.adapters.postgres.incidents.tokens import PostgresTokenStore

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
