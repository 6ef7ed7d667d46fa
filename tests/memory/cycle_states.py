"""What cycles remember, in memory."""

from datetime import datetime

from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.stores.cycle_states import CycleStateStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryCycleStateStore(CycleStateStore):
    """Implements `stores.CycleStateStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._documents: dict[str, JsonValue] = tx.table("memories")

    def read(self, name: str) -> JsonValue:
        return self._documents.get(name)

    def peek(self, name: str) -> JsonValue:
        return self.read(name)

    def write(self, name: str, document: JsonValue, at: datetime) -> None:
        del at
        self._documents[name] = document


DEFINITION = implements(CycleStateStore)(MemoryCycleStateStore)
