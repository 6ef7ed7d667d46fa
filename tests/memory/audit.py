"""The audit log, in memory."""

from collections.abc import Sequence
from typing import Any

from grace_workers.audit import Entry
from grace_workers.orchestration.stores.audit import AuditAppender
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryAuditAppender(AuditAppender):
    """Keeps entries in the order in which they were appended."""

    def __init__(self, entries: dict[Any, Any]) -> None:
        self._entries = entries

    def append(self, entry: Entry) -> None:
        self._entries[entry.id] = entry

    def append_all(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.append(entry)


def _make(tx: MemoryTransaction) -> MemoryAuditAppender:
    return MemoryAuditAppender(tx.table("entries"))


DEFINITION = implements(AuditAppender)(_make)
