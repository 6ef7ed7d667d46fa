"""Snapshots of the fleet, in memory."""

from collections.abc import Collection, Mapping, Sequence

from grace_workers.cycles import FleetSnapshot, hash_of
from grace_workers.orchestration.stores.snapshots import SnapshotStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemorySnapshotStore(SnapshotStore):
    """Implements `stores.SnapshotStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._kept: dict[str, FleetSnapshot] = tx.table("snapshots")
        self._contents: dict[str, bytes] = tx.table("snapshot_parts")

    def put(self, snapshot: FleetSnapshot, contents: Mapping[str, bytes]) -> None:
        self._contents.update(contents)
        self._kept[snapshot.id] = snapshot

    def all(self) -> Sequence[FleetSnapshot]:
        return sorted(sorted(self._kept.values(), key=lambda one: one.id), key=lambda one: one.at, reverse=True)

    def content(self, sha256: str) -> bytes | None:
        return self._contents.get(sha256)

    def damaged(self) -> Sequence[str]:
        named = {part.sha256 for one in self._kept.values() for part in one.parts}
        return sorted(one for one in named if hash_of(self._contents.get(one, b"")) != one)

    def mend(self, contents: Mapping[str, bytes]) -> None:
        self._contents.update(contents)

    def drop(self, ids: Collection[str]) -> None:
        for name in ids:
            self._kept.pop(name, None)
        named = {part.sha256 for one in self._kept.values() for part in one.parts}
        for sha256 in self._contents.keys() - named:
            del self._contents[sha256]


DEFINITION = implements(SnapshotStore)(MemorySnapshotStore)
