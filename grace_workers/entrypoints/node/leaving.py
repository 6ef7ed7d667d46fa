"""Leaving the fleet cleanly: take nothing more, finish what runs within the grace, and hand over the rest."""

import time
from datetime import timedelta

from grace_workers.entrypoints.node.ports import PlaceInFleet
from grace_workers.entrypoints.node.progress import Progress, Tell
from grace_workers.fleet import Health
from grace_workers.foundation.errors import GraceError

_LOOK = 0.1


class Leaving:
    """The drain of one node, before its processes are stopped. What still runs then goes to others, fenced."""

    def __init__(self, place: PlaceInFleet, grace: timedelta, tell: Tell) -> None:
        self._place = place
        self._grace = grace
        self._tell = tell
        self._hurrying = False

    def hurry(self) -> None:
        """Wait no longer. Only sets a flag, so a signal may call it at any moment."""
        self._hurrying = True

    def drain(self) -> None:
        """Return when nothing runs here any more, or when there is no more time. A drain under way keeps its end."""
        began = time.monotonic()
        try:
            left = self._begin()
            running = self._await_end(began, left)
        except GraceError as error:
            # Without its servers a node cannot say goodbye; the fleet notices its silence instead.
            self._tell(Progress(stage="drain", state="failed", note=str(error)))
            return
        note = f"{running} running jobs go to others" if running else None
        self._tell(Progress(stage="drain", state="done", took=time.monotonic() - began, note=note))

    def _begin(self) -> timedelta:
        found = self._place.look()
        if found is not None and found.health is not Health.DRAINING:
            found = self._place.drain(self._grace, reason="it stops")
        if found is None or found.drain_left is None:
            return timedelta(0)
        self._place.stop_taking()
        return found.drain_left

    def _await_end(self, began: float, left: timedelta) -> int:
        deadline = began + left.total_seconds()
        while (running := self._place.running()) and time.monotonic() < deadline and not self._hurrying:
            time.sleep(_LOOK)
        return running
