"""A service in memory that can be reloaded."""

from dataclasses import dataclass

from grace_workers.actions import Reloadable
from grace_workers.foundation.errors import ConflictError


@dataclass(slots=True)
class MemoryReloadable(Reloadable):
    """A `Reloadable` that counts its reloads. `written` is its configuration, `read` what it has read of it.

    Its test refuses what contains the word "broken".
    """

    running: bool = True
    written: str = "first"
    read: str = "first"

    def incarnation(self) -> str | None:
        return "start-1" if self.running else None

    def tested_by(self) -> str | None:
        return "a look for broken words"

    def objection(self) -> str | None:
        return f"{self.written!r} is broken" if "broken" in self.written else None

    def reload(self) -> None:
        if not self.running:
            raise ConflictError("the service does not run")
        self.read = self.written
