"""`EndpointProbe`: the address of a network service, looked at from outside."""

from datetime import timedelta
from typing import Protocol


class EndpointProbe(Protocol):
    """The address of a network service, looked at from outside; nothing is sent to it."""

    def resolves(self, timeout: timedelta) -> bool:
        """Return whether the host's name resolves to an address; an address itself always does."""

    def connects(self, timeout: timedelta) -> bool:
        """Return whether a connection was established within `timeout`."""
