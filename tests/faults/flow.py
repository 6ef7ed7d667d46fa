"""One direction of one connection: bytes that wait for their time. It has no socket, and the time is passed in."""

from collections import deque
from random import Random

from tests.faults.passage import OPEN, Passage

MOST_WAITING = 256 * 1024
_MOST_CHUNKS = 4096
# A slow passage is cut into slices of this length, so that it is slow throughout and not in bursts.
_SLICE_SECONDS = 0.02


class Flow:
    """Bytes in transit from one side to the other, at most `MOST_WAITING` plus one read."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._chunks: deque[tuple[float, memoryview]] = deque()
        self._waiting = 0
        self._last_due = 0.0
        self._free_at = 0.0
        self._counted = 0
        self.passage = OPEN
        # The sender has said that nothing more comes.
        self.ended = False
        # The end has been passed on.
        self.closed = False
        # One of the two sides is gone.
        self.broken = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._chunks

    @property
    def wants_more(self) -> bool:
        """Whether the sender may be read."""
        if self.passage.held or self.ended or self.broken:
            return False
        return self._waiting < MOST_WAITING and len(self._chunks) < _MOST_CHUNKS

    @property
    def is_spent(self) -> bool:
        """Whether as many bytes went through as the passage allows before it resets."""
        limit = self.passage.reset_after
        return limit is not None and self._counted >= limit

    def change(self, passage: Passage) -> None:
        """Apply another passage. What already waits keeps its time."""
        self.passage = passage
        self._counted = 0
        self._free_at = 0.0

    def put(self, data: bytes, now: float) -> None:
        """Take bytes from the sender."""
        wait = self.passage.delay.total_seconds()
        if self.passage.jitter:
            wait += self._chance.uniform(0.0, self.passage.jitter.total_seconds())
        self._last_due = max(self._last_due, now + wait)
        self._chunks.append((self._last_due, memoryview(data)))
        self._waiting += len(data)

    def due(self, now: float) -> memoryview | None:
        """Return what may be passed on now, if anything."""
        if self.passage.held or not self._chunks or now < self._next_at():
            return None
        chunk = self._chunks[0][1]
        limits = [len(chunk)]
        if self.passage.bytes_per_second is not None:
            limits.append(max(1, int(self.passage.bytes_per_second * _SLICE_SECONDS)))
        if self.passage.reset_after is not None:
            limits.append(self.passage.reset_after - self._counted)
        return chunk[: min(limits)] or None

    def next_at(self) -> float | None:
        """When the next bytes become due; None when none wait for the clock alone."""
        return None if self.passage.held or not self._chunks else self._next_at()

    def _next_at(self) -> float:
        return max(self._chunks[0][0], self._free_at)

    def took(self, count: int, now: float) -> None:
        """Record that the receiver took so many of the due bytes."""
        when, chunk = self._chunks.popleft()
        if count < len(chunk):
            self._chunks.appendleft((when, chunk[count:]))
        self._waiting -= count
        self._counted += count
        if self.passage.bytes_per_second is not None:
            self._free_at = max(now, self._free_at) + count / self.passage.bytes_per_second

    def drop(self) -> None:
        """Drop what waits, because there is no receiver left."""
        self._chunks.clear()
        self._waiting = 0
        self.broken = True
