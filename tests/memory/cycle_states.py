"""What cycles remember, in memory."""

from datetime import datetime

from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.stores.cycle_states import CycleStateStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.tables import Table
from tests.memory.transaction import MemoryTransaction


class MemoryCycleStateStore:
    """Implements `stores.CycleStateStore`."""

    def __init__(self, table: Table) -> None:
        self._documents: dict[str, JsonValue] = table("memories")

    def read(self, name: str) -> JsonValue:
        """Return what was kept, None when nothing was."""
        return self._documents.get(name)

    def write(self, name: str, document: JsonValue, at: datetime) -> None:
        """Keep this instead."""
        del at
        self._documents[name] = document


def _make(tx: MemoryTransaction) -> MemoryCycleStateStore:
    return MemoryCycleStateStore(tx.table)


DEFINITION = implements(CycleStateStore)(_make)
