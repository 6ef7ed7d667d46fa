"""What cycles remember from one look to the next."""

from datetime import datetime
from typing import Protocol

from grace_workers.foundation.document import JsonValue


class CycleStateStore(Protocol):
    """What a cycle remembers from one look to the next."""

    def read(self, name: str) -> JsonValue:
        """Return what was stored, None when nothing was; locked until the transaction ends."""

    def peek(self, name: str) -> JsonValue:
        """Return what was stored, None when nothing was; without waiting for those who write."""

    def write(self, name: str, document: JsonValue, at: datetime) -> None:
        """Replace what is stored."""
