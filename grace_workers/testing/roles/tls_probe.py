"""A network service that speaks TLS, in memory."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from grace_workers.actions import TlsProbe
from grace_workers.foundation.errors import TransientError


@dataclass(slots=True)
class MemoryTls(TlsProbe):
    """A `TlsProbe` whose certificate expires at a given time; with None, there is no handshake."""

    until: datetime | None = datetime(2999, 1, 1, tzinfo=UTC)

    def expires(self, timeout: timedelta) -> datetime:
        del timeout
        if self.until is None:
            raise TransientError("the service does not speak TLS now; there is no certificate to read")
        return self.until
