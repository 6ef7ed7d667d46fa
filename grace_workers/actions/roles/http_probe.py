"""`HttpProbe`: an HTTP service, looked at from outside."""

from datetime import timedelta
from typing import Protocol


class HttpProbe(Protocol):
    """An HTTP service, looked at from outside."""

    def get(self, path: str, timeout: timedelta) -> tuple[int, float]:
        """Return status and seconds taken; status 0 when there was no answer within `timeout`.

        Raises:
            InputError: `path` leaves the service's own address.
        """

    def read(self, path: str, timeout: timedelta) -> bytes:
        """Return the body of a successful answer, at most a megabyte of it.

        Raises:
            InputError: `path` leaves the service's own address.
            PermanentError: there was no answer within `timeout`, it was no success, or it is longer.
        """
