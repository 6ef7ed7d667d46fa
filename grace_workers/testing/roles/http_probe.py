"""An HTTP endpoint in memory."""

from dataclasses import dataclass
from datetime import timedelta

from grace_workers.actions import HttpProbe


@dataclass(slots=True)
class MemoryProbe(HttpProbe):
    """An `HttpProbe` that answers every path with one status after one response time."""

    status: int = 200
    seconds: float = 0.01

    def get(self, path: str, timeout: timedelta) -> tuple[int, float]:
        """Return the status, 0 when the answer takes longer than `timeout`."""
        del path
        late = self.seconds > timeout.total_seconds()
        return (0, timeout.total_seconds()) if late else (self.status, self.seconds)
