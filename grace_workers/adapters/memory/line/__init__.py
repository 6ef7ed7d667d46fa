"""The line's stores in memory: the same rules as PostgreSQL's, held by the same conformance suite."""

from grace_workers.adapters.memory.line.approvals import MemoryApprovalStore
from grace_workers.adapters.memory.line.conditions import MemoryConditionStore
from grace_workers.adapters.memory.line.incidents import MemoryIncidentStore
from grace_workers.adapters.memory.line.journal import MemoryJournal
from grace_workers.adapters.memory.line.records import MemoryRecordStore
from grace_workers.adapters.memory.line.signals import MemorySignalStore
from grace_workers.adapters.memory.line.switches import MemoryMemoryStore, MemorySwitchStore
from grace_workers.adapters.memory.line.tokens import MemoryTokenStore

__all__ = [
    "MemoryApprovalStore",
    "MemoryConditionStore",
    "MemoryIncidentStore",
    "MemoryJournal",
    "MemoryMemoryStore",
    "MemoryRecordStore",
    "MemorySignalStore",
    "MemorySwitchStore",
    "MemoryTokenStore",
]
