"""The intervals of loops that any number of processes may run, though one at a time is enough."""

import threading
from collections.abc import Callable
from datetime import timedelta

STAND_IN_EVERY = timedelta(milliseconds=500)
_LOOKS_ANYWAY_AFTER = 2.0


def looks_every(often: timedelta, leads: Callable[[], bool]) -> float:
    """Return in how many seconds such a loop looks again.

    The leader's loops look often. All others only stand by for one that fails, and so put little load on the
    database.
    """
    return (often if leads() else max(often, STAND_IN_EVERY)).total_seconds()


class News:
    """What one loop waits for. Set from any thread; one thread waits."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def tell(self) -> None:
        """End the current wait, or the next one."""
        self._event.set()

    def wait(self) -> bool:
        """Return whether there is news: at once when there is, else after two seconds, because a loop also looks."""
        told = self._event.wait(_LOOKS_ANYWAY_AFTER)
        self._event.clear()
        return told
