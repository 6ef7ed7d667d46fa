"""The rate limit of each caller, by the cost of its requests."""

import threading
import time
from collections.abc import Callable

_MOST_BUCKETS = 10_000


class Rates:
    """A bucket for each name, filled evenly over the minute; it holds a minute's worth. One per process.

    The cost of a request beyond one unit is charged once it is known, so a bucket may be in debt by up to a minute's
    worth; a caller in debt waits.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_for(self, name: str, per_minute: int) -> float:
        """Take one unit of `name`; return 0, or the seconds until one is free."""
        with self._lock:
            level = self._level(name, per_minute)
            if level < 1:
                return (1 - level) * 60 / per_minute
            self._set(name, per_minute, level - 1)
            return 0.0

    def charge(self, name: str, per_minute: int, cost: float) -> None:
        """Charge more units; a negative cost refunds them."""
        with self._lock:
            self._set(name, per_minute, self._level(name, per_minute) - cost)

    def _level(self, name: str, per_minute: int) -> float:
        now = self._clock()
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.clear()
        level, seen = self._buckets.get(name, (float(per_minute), now))
        return min(float(per_minute), level + (now - seen) * per_minute / 60)

    def _set(self, name: str, per_minute: int, level: float) -> None:
        bounded = max(-float(per_minute), min(float(per_minute), level))
        self._buckets[name] = (bounded, self._clock())
