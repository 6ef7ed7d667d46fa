"""A budget of wall time, and what is left of it."""

from dataclasses import dataclass

from grace_workers.foundation.clock import Clock


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by the monotonic clock."""

    clock: Clock
    began: float
    seconds: float

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> "Deadline":
        """Return the deadline `seconds` from now."""
        return cls(clock, clock.monotonic(), seconds)

    @property
    def left(self) -> float:
        """Seconds that are left; negative when it has passed."""
        return self.began + self.seconds - self.clock.monotonic()

    @property
    def spent(self) -> float:
        """Seconds since it began."""
        return self.clock.monotonic() - self.began
