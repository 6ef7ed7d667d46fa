"""When each heartbeat was last heard, by the database's clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class HeartbeatStore(Protocol):
    """When each heartbeat was last heard."""

    def hear(self, name: str, heard_from: str) -> datetime:
        """Record that one was heard just now; return the time."""
        ...

    def heard(self) -> Mapping[str, datetime]:
        """Return when each was last heard; those never heard are absent."""
        ...
