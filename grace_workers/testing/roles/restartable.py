"""A service in memory."""

from dataclasses import dataclass
from datetime import timedelta

from grace_workers.actions import Restartable, ServiceStatus


@dataclass(slots=True)
class MemoryService(Restartable):
    """A `Restartable` that counts its starts. `objects` is what a test says against its configuration."""

    running: bool = True
    starts: int = 1
    serving: timedelta | None = timedelta(minutes=1)
    objects: str | None = None

    def status(self) -> ServiceStatus:
        """Return whether it runs, and when it does, that it has served for `serving`."""
        if not self.running:
            return ServiceStatus(running=False, incarnation=None, serving=timedelta(0))
        return ServiceStatus(running=True, incarnation=f"start-{self.starts}", serving=self.serving)

    def objection(self) -> str | None:
        return self.objects

    def start(self) -> ServiceStatus:
        if not self.running:
            self.running, self.starts = True, self.starts + 1
        return self.status()

    def stop(self, grace: timedelta) -> ServiceStatus:
        """Stop it at once."""
        del grace
        self.running = False
        return self.status()
