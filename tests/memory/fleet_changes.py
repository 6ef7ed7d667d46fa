"""Changes of how the fleet works that cycles proposed, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.cycles import FleetChange
from grace_workers.orchestration.stores.fleet_changes import FleetChangeStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryFleetChangeStore(FleetChangeStore):
    """Implements `stores.FleetChangeStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._kept: dict[tuple[str, str, str], FleetChange] = tx.table("fleet_changes")

    def propose(self, change: FleetChange) -> None:
        self._kept.setdefault((change.kind, change.subject, change.version), replace(change, in_force_at=None))

    def put(self, kind: str, subject: str, version: str, at: datetime) -> None:
        for key, one in self._kept.items():
            if key[:2] == (kind, subject) and (one.in_force_at is not None) != (key[2] == version):
                self._kept[key] = replace(one, in_force_at=at if key[2] == version else None)

    def end(self, kind: str, subject: str, version: str) -> None:
        key = kind, subject, version
        if key in self._kept:
            self._kept[key] = replace(self._kept[key], in_force_at=None)

    def versions(self, kind: str | None = None) -> Sequence[FleetChange]:
        found = sorted(self._kept.values(), key=lambda one: one.version)
        found.sort(key=lambda one: one.proposed_at, reverse=True)
        found.sort(key=lambda one: (one.kind, one.subject))
        return [one for one in found if kind in {None, one.kind}]

    def in_force(self, kind: str | None = None) -> Sequence[FleetChange]:
        return [one for one in self.versions(kind) if one.in_force_at is not None]


DEFINITION = implements(FleetChangeStore)(MemoryFleetChangeStore)
