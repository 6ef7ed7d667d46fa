"""When each heartbeat was last heard, in memory."""

from collections.abc import Mapping
from datetime import datetime

from grace_workers.orchestration.stores.heartbeats import HeartbeatStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryHeartbeatStore:
    """Implements `stores.HeartbeatStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._heard: dict[str, datetime] = tx.table("heartbeats")
        self._now = tx.clock.now()

    def hear(self, name: str, heard_from: str) -> datetime:
        """Record that one was heard just now; return the time."""
        del heard_from
        self._heard[name] = self._now
        return self._now

    def heard(self) -> Mapping[str, datetime]:
        """Return when each was last heard; those never heard are absent."""
        return dict(self._heard)


DEFINITION = implements(HeartbeatStore)(MemoryHeartbeatStore)
