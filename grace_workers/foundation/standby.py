"""The rhythm of loops that any number of processes may run, though one at a time is enough."""

from collections.abc import Callable
from datetime import timedelta

STAND_IN_EVERY = timedelta(milliseconds=500)


def looks_every(often: timedelta, leads: Callable[[], bool]) -> float:
    """Return in how many seconds such a loop looks again.

    The leader's looks often. All others only stand in for one that does not work, and leave the database in peace.
    """
    return (often if leads() else max(often, STAND_IN_EVERY)).total_seconds()
