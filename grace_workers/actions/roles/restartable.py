"""`Restartable`: a service that can be started and stopped."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """Whether a service runs; `incarnation` differs for every start, so a restart can be detected.

    `serving` is how long it has served without a break, None if that is unknown.
    """

    running: bool
    incarnation: str | None
    detail: str = ""
    serving: timedelta | None = None


class Restartable(Protocol):
    """A service that can be started and stopped. Both are idempotent."""

    def status(self) -> ServiceStatus:
        """Return whether it runs now."""

    def objection(self) -> str | None:
        """Return what a test of its configuration says against it, with the test's name; None without a test or fault.

        A service that runs with an earlier configuration would not start again.
        """
        return None

    def start(self) -> ServiceStatus:
        """Start it unless it runs; return when it serves.

        Raises:
            PermanentError: it cannot be run, or it ends while starting.
            TransientError: it does not serve in time; it is left running.
        """

    def stop(self, grace: timedelta) -> ServiceStatus:
        """Stop it: ask it to end, and kill it after `grace`. Raises TransientError when it still runs."""
