"""A broker in memory: lanes of doorbells, which can be emptied or unreachable like a real one."""

import threading
from collections import deque
from collections.abc import Collection, Mapping, Sequence

from grace_workers.foundation.errors import TransientError
from grace_workers.orchestration.job import Pool, Priority
from grace_workers.orchestration.work.doorbells import Doorbell, Lane, Unreadable, UnreadableMessage


class MemoryDoorbells:
    """First in, first out per lane. `reachable` set to False makes every call fail."""

    def __init__(self) -> None:
        self.reachable = True
        self._turn = threading.Lock()
        self._lanes: dict[Lane, deque[Doorbell]] = {}
        self._incarnation = 0
        self._marked = False
        self._parked: list[UnreadableMessage] = []

    def ring(self, bells: Sequence[Doorbell]) -> None:
        """Send all of them in one batch."""
        self._require_reachable()
        with self._turn:
            for bell in bells:
                self._lanes.setdefault(bell.lane, deque()).append(bell)

    def depths(self, private: Collection[Lane] = ()) -> Mapping[Lane, int]:
        """Return how many doorbells wait in every shared lane, including empty ones, and in these private lanes."""
        self._require_reachable()
        every = [Lane.of(pool, Priority(level)) for pool in Pool for level in range(1, 11)]
        every += [lane for lane in private if lane.only_on is not None]
        with self._turn:
            return {lane: len(self._lanes.get(lane, ())) for lane in every}

    def unreadable(self, limit: int = 100) -> Unreadable:
        """Return at most `limit` parked messages, with which no job could be claimed."""
        self._require_reachable()
        with self._turn:
            return Unreadable(count=len(self._parked), newest=self._parked[::-1][:limit])

    def park(self, message: UnreadableMessage) -> None:
        """Park a message, as a worker does that cannot use it."""
        with self._turn:
            self._parked.append(message)

    def epoch(self) -> str | None:
        """Return what identifies the broker's current data, or None when the marker is missing."""
        self._require_reachable()
        return f"incarnation-{self._incarnation}" if self._marked else None

    def plant_marker(self) -> str:
        """Restore the marker if it is missing, and return the epoch."""
        self._require_reachable()
        self._marked = True
        return f"incarnation-{self._incarnation}"

    def answer(self) -> Doorbell | None:
        """Take the most urgent doorbell, as a worker would; None when none waits."""
        with self._turn:
            for lane in sorted(self._lanes, key=lambda lane: -lane.priority):
                if self._lanes[lane]:
                    return self._lanes[lane].popleft()
        return None

    def wipe(self) -> None:
        """Lose everything, as an emptied or replaced broker does."""
        with self._turn:
            self._lanes.clear()
            self._incarnation += 1
            self._marked = False

    def _require_reachable(self) -> None:
        if not self.reachable:
            raise TransientError("the broker cannot be reached")
