"""`TlsProbe`: the certificate of a network service, looked at from outside."""

from datetime import datetime, timedelta
from typing import Protocol


class TlsProbe(Protocol):
    """A network service that speaks TLS, looked at from outside."""

    def expires(self, timeout: timedelta) -> datetime:
        """Return when the certificate of the service expires; it need not be valid now.

        Raises:
            TransientError: no TLS connection was established within `timeout`.
        """
