"""`ErrorLog`: a service's log, read for its errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

RECENT = timedelta(minutes=15)
"""How old a line may be and still say what is wrong now."""


@dataclass(frozen=True, slots=True)
class LoggedError:
    """An error line, and when it was written."""

    at: datetime
    line: str


class ErrorLog(Protocol):
    """A service's log, read for its errors."""

    def errors(self, window: timedelta) -> int:
        """Return how many error lines were written within the last `window`.

        Raises:
            NotFoundError: no such log.
            PermanentError: its format is unknown, so the number of errors is unknown too.
        """

    def recent(self, limit: int) -> Sequence[str]:
        """Return at most `limit` error lines of the last `RECENT`, newest last. Raises as `errors` does."""

    def logged(self, window: timedelta, limit: int) -> Sequence[LoggedError]:
        """Return the newest error lines of the last `window`, newest last; fewer if the log keeps less. Raises so."""
        ...
