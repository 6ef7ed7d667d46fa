"""Who stands in for which approver, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from grace_workers.foundation.errors import NotFoundError
from grace_workers.governance import StandIn
from grace_workers.orchestration.stores.stand_ins import StandInStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryStandInStore(StandInStore):
    """Implements `stores.StandInStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._known: dict[UUID, StandIn] = tx.table("stand_ins")

    def add(self, one: StandIn) -> None:
        self._known[one.id] = one

    def open(self, now: datetime) -> Sequence[StandIn]:
        found = [one for one in self._known.values() if one.ends_at > now]
        return sorted(found, key=lambda one: (one.starts_at, one.id))

    def load(self, wanted: UUID) -> StandIn:
        if wanted not in self._known:
            raise NotFoundError(f"no one was named as a stand-in under {wanted}; `grace stand-in list` lists all")
        return self._known[wanted]

    def end(self, wanted: UUID, now: datetime) -> None:
        found = self.load(wanted)
        self._known[wanted] = replace(found, ends_at=min(found.ends_at, now))


DEFINITION = implements(StandInStore)(MemoryStandInStore)
