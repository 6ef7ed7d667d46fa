"""What the fleet uses of a language model, in memory."""

from datetime import date

from grace_workers.coding import ModelUse
from grace_workers.orchestration.stores.model_use import ModelUseStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryModelUseStore(ModelUseStore):
    """Implements `stores.ModelUseStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._days: dict[date, ModelUse] = tx.table("model_use")

    def lock(self) -> None:
        """Nothing else runs."""

    def of(self, day: date) -> ModelUse:
        return self._days.get(day, ModelUse(day=day))

    def save(self, use: ModelUse) -> None:
        self._days[use.day] = use


DEFINITION = implements(ModelUseStore)(MemoryModelUseStore)
