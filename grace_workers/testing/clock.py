"""A clock that moves only when told."""

from datetime import UTC, datetime, timedelta

from grace_workers.foundation.clock import Clock

START = datetime(2026, 1, 1, tzinfo=UTC)


class FakeClock(Clock):
    """Time for tests of rules that depend on it."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._now = start

    def now(self) -> datetime:
        """Return the time that was set."""
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    def advance(self, span: timedelta) -> None:
        """Let `span` pass.

        Raises:
            ValueError: `span` is negative; time never goes back.
        """
        if span < timedelta(0):
            raise ValueError(f"time does not go back by {span}")
        self._now += span
