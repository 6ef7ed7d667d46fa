"""Versions of trained models, in memory."""

from collections.abc import Sequence

from grace_workers.orchestration.stores.models import ModelStore, ModelVersion
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryModelStore(ModelStore):
    """Implements `stores.models.ModelStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._kept: dict[tuple[str, int], tuple[ModelVersion, bytes]] = tx.table("models")

    def put(self, model: ModelVersion, content: bytes, *, keep: int) -> None:
        self._kept[model.name, model.version] = (model, content)
        for name, version in list(self._kept):
            if name == model.name and version <= model.version - keep:
                del self._kept[name, version]

    def mend(self, name: str, version: int, content: bytes) -> None:
        if (name, version) in self._kept:
            self._kept[name, version] = (self._kept[name, version][0], content)

    def newest(self, name: str) -> int:
        return max((version for of, version in self._kept if of == name), default=0)

    def versions(self, name: str) -> Sequence[ModelVersion]:
        found = [model for model, _ in self._kept.values() if model.name == name]
        return sorted(found, key=lambda one: -one.version)

    def content(self, name: str, version: int) -> bytes | None:
        found = self._kept.get((name, version))
        return None if found is None else found[1]


DEFINITION = implements(ModelStore)(MemoryModelStore)
