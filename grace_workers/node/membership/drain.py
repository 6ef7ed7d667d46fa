"""Leaving the fleet cleanly: take nothing more, finish running jobs within the grace, and hand over the rest."""

import threading
import time
from datetime import timedelta

from grace_workers.fleet import InstanceHealth
from grace_workers.foundation.errors import GraceError, TransientError
from grace_workers.node.ports import PlaceInFleet
from grace_workers.node.progress import Progress, Tell

_LOOK = 0.1
_ANSWERS_WITHIN = timedelta(seconds=5)


class Drain:
    """The drain of one node, before its processes are stopped. What still runs then goes to others, fenced."""

    def __init__(
        self, place: PlaceInFleet, grace: timedelta, tell: Tell, *, answers_within: timedelta = _ANSWERS_WITHIN
    ) -> None:
        self._place = place
        self._grace = grace
        self._tell = tell
        self._answers_within = answers_within.total_seconds()
        self._hurrying = False
        self._heard = 0.0
        self._running = 0
        self._failure: GraceError | None = None

    def hurry(self) -> None:
        """Stop waiting. Only sets a flag, so a signal may call it at any moment."""
        self._hurrying = True

    def run(self) -> None:
        """Return when nothing runs here any more, or when time is up. A drain in progress keeps its end."""
        began = self._heard = time.monotonic()
        # On a separate thread, because a frozen server does not trigger its driver's timeout, and must not delay the
        # node's end.
        asking = threading.Thread(target=self._drain, args=(began,), name="drain", daemon=True)
        asking.start()
        while asking.is_alive() and not self._hurrying and time.monotonic() - self._heard < self._answers_within:
            asking.join(_LOOK)
        if asking.is_alive() and not self._hurrying:
            self._failure = TransientError(f"the fleet has not answered for {self._answers_within:g} s")
        if self._failure is not None:
            # Without its servers a node cannot announce its end; the fleet notices its silence instead.
            self._tell(Progress(stage="drain", state="failed", note=str(self._failure)))
            return
        note = f"{self._running} running jobs are handed to other nodes" if self._running else None
        self._tell(Progress(stage="drain", state="done", took=time.monotonic() - began, note=note))

    def _drain(self, began: float) -> None:
        try:
            self._await_end(began + self._begin().total_seconds())
        except GraceError as error:
            self._failure = error

    def _begin(self) -> timedelta:
        found = self._place.look()
        if found is not None and found.health is not InstanceHealth.DRAINING:
            found = self._place.drain(self._grace, reason="it stops")
        self._heard = time.monotonic()
        if found is None or found.drain_left is None:
            return timedelta(0)
        self._place.stop_taking()
        return found.drain_left

    def _await_end(self, deadline: float) -> None:
        while True:
            self._running = self._place.running()
            self._heard = time.monotonic()
            if not self._running or self._heard > deadline or self._hurrying:
                return
            time.sleep(_LOOK)
