"""`ErrorLog`: a service's log, read for its errors."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

RECENT = timedelta(minutes=15)
"""How old a line may be that still speaks for what is wrong now."""


class ErrorLog(Protocol):
    """A service's log, read for its errors."""

    def errors(self, window: timedelta) -> int:
        """Return how many error lines were written within the last `window`."""
        ...

    def recent(self, limit: int) -> Sequence[str]:
        """Return the newest error lines of the last `RECENT`, newest last."""
        ...
