"""The address of a network service in memory."""

from dataclasses import dataclass
from datetime import timedelta

from grace_workers.actions import EndpointProbe


@dataclass(slots=True)
class MemoryEndpoint(EndpointProbe):
    """An `EndpointProbe` whose name is known and which accepts connections, or not."""

    known: bool = True
    accepts: bool = True

    def resolves(self, timeout: timedelta) -> bool:
        del timeout
        return self.known

    def connects(self, timeout: timedelta) -> bool:
        del timeout
        return self.known and self.accepts
