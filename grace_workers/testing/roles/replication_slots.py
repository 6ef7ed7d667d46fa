"""Replication slots in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from grace_workers.actions import ReplicationSlot, ReplicationSlots


@dataclass(slots=True)
class MemorySlots(ReplicationSlots):
    """`ReplicationSlots` with given slots; those in `read` have a reader."""

    slots: list[ReplicationSlot] = field(default_factory=list)
    read: set[str] = field(default_factory=set)

    def unread(self) -> Sequence[ReplicationSlot]:
        return sorted(
            (one for one in self.slots if one.name not in self.read), key=lambda one: (-one.retained, one.name)
        )

    def drop(self, slot: ReplicationSlot) -> bool:
        found = [one for one in self.unread() if (one.name, one.position) == (slot.name, slot.position)]
        self.slots = [one for one in self.slots if one not in found]
        return bool(found)
