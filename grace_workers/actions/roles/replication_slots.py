"""`ReplicationSlots`: places in a database's log that it keeps for readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationSlot:
    """A slot, its reader's kind (`physical` or `logical`) and plugin, and the place in the log from which it is kept.

    `retained` is how many bytes of log are kept for it now.
    """

    name: str
    kind: str
    plugin: str
    position: str
    retained: int


class ReplicationSlots(Protocol):
    """The replication slots of a database server."""

    def unread(self) -> Sequence[ReplicationSlot]:
        """Return the slots that no one reads at the moment, the one for which most is kept first."""
        ...

    def drop(self, slot: ReplicationSlot) -> bool:
        """Drop that slot if no one reads it and no one has read it since; False when that is not so."""
        ...
