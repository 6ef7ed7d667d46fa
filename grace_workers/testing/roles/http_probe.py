"""An HTTP endpoint in memory."""

from dataclasses import dataclass
from datetime import timedelta

from grace_workers.actions import HttpProbe
from grace_workers.foundation.errors import PermanentError

_FINE = 200


@dataclass(slots=True)
class MemoryProbe(HttpProbe):
    """An `HttpProbe` that answers every path with one status and body after one response time."""

    status: int = 200
    seconds: float = 0.01
    body: bytes = b""

    def get(self, path: str, timeout: timedelta) -> tuple[int, float]:
        """Return the status, 0 when the answer takes longer than `timeout`."""
        del path
        late = self.seconds > timeout.total_seconds()
        return (0, timeout.total_seconds()) if late else (self.status, self.seconds)

    def read(self, path: str, timeout: timedelta) -> bytes:
        """Return the body. Raises PermanentError when the answer is no success, or takes longer than `timeout`."""
        status, _ = self.get(path, timeout)
        if status != _FINE:
            raise PermanentError(f"{path} answers with status {status}, so there is nothing to read")
        return self.body
