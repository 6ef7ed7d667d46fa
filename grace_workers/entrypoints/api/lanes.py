"""How many requests the process works on at once, by kind, so that no kind can starve another.

A request waits for its slot without occupying a thread. If too many are waiting, or it has waited too long, it is
refused before any work was done for it, and the client may retry. The token of this machine needs no slot, because the
node tests itself with it: a watchdog that cannot tell a busy API from a dead one would kill it under load.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from grace_workers.entrypoints.api.problems import Refusal

# Together with the threads of the event streams these leave some of the server's forty threads free.
_CALLS, _SIGNALS, _BULK = 12, 4, 1
_LARGE = 64 * 1024
_BUFFERED = 48_000_000


class RequestLane:
    """Slots for one kind of request. `patience` is how many seconds a request may wait for one."""

    def __init__(self, name: str, at_once: int, *, waiting: int, patience: float) -> None:
        self._name = name
        self._places = asyncio.Semaphore(at_once)
        self._room = waiting
        self._waiting = 0
        self._patience = patience

    async def enter(self) -> None:
        """Take a slot, in the order of arrival. Raises Refusal 503 when there is none in time."""
        self.refuse_when_full()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError as error:
            raise self._busy() from error
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        """Release the slot."""
        self._places.release()

    def refuse_when_full(self) -> None:
        """Raise Refusal 503 when the queue is full."""
        if self._waiting >= self._room:
            raise self._busy()

    def _busy(self) -> Refusal:
        detail = f"too many {self._name} at once; try again"
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": str(max(1, round(self._patience)))})


class Lanes:
    """The lanes of one process, and how many bytes of request bodies it holds."""

    def __init__(self, buffered: int = _BUFFERED) -> None:
        self.calls = RequestLane("calls", _CALLS, waiting=200, patience=5)
        self.signals = RequestLane("signals", _SIGNALS, waiting=64, patience=5)
        self.bulk = RequestLane("large deliveries", _BULK, waiting=8, patience=10)
        self._free = buffered

    def for_signals(self, size: int) -> RequestLane:
        """Return the lane for a delivery of this size in bytes."""
        return self.bulk if size > _LARGE else self.signals

    @contextmanager
    def buffer(self) -> Iterator["Buffer"]:
        """Reserve memory for one body, and release it at the end."""
        buffer = Buffer(self)
        try:
            yield buffer
        finally:
            self._free += buffer.taken

    def take(self, size: int) -> None:
        """Reserve this many bytes. Raises Refusal 503 when other bodies hold them."""
        if size > self._free:
            detail = "too much is being received at once; try again"
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "5", "Connection": "close"})
        self._free -= size


class Buffer:
    """The memory that one body uses."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self.taken = 0

    def take(self, size: int) -> None:
        """Reserve this many bytes more. Raises Refusal 503."""
        self._lanes.take(size)
        self.taken += size


class RequestPlace:
    """The slot of one request: in one lane at a time, or in none, for example while its body arrives."""

    def __init__(self) -> None:
        self._lane: RequestLane | None = None

    async def enter(self, lane: RequestLane) -> None:
        """Go to a lane. Raises Refusal 503."""
        self.leave()
        await lane.enter()
        self._lane = lane

    def leave(self) -> None:
        """Release the slot, if there is one."""
        lane, self._lane = self._lane, None
        if lane is not None:
            lane.leave()


class NoPlace(RequestPlace):
    """Requests of this machine itself take no slot and wait for none."""

    async def enter(self, lane: RequestLane) -> None:
        """Go on at once."""
