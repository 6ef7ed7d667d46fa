"""A service in memory that can be reloaded."""

from dataclasses import dataclass

from grace_workers.actions import Reloadable
from grace_workers.foundation.errors import ConflictError


@dataclass(slots=True)
class MemoryReloadable(Reloadable):
    """A `Reloadable` that counts its reloads. `written` is its configuration, `read` what it has read of it."""

    running: bool = True
    written: str = "first"
    read: str = "first"

    def incarnation(self) -> str | None:
        return "start-1" if self.running else None

    def reload(self) -> None:
        if not self.running:
            raise ConflictError("the service does not run")
        self.read = self.written
