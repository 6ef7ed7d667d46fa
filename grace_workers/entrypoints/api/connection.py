"""Client connections with limits: the time to send a request, the time to read the answer, and their number.

uvicorn waits forever for a client that connects and sends nothing, that sends one byte at a time, or that reads no
answer. Each such connection costs a file descriptor, so a few thousand of them would make the API unreachable.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

ASKED_WITHIN = 10.0
TAKEN_WITHIN = 30.0
MOST = 512
_FEW_LINES = 2_000
_BYTES_A_LINE = 32
_NO_ROOM = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class BoundedConnection(H11Protocol):
    """The protocol that uvicorn runs for each connection."""

    most = MOST
    asked_within = ASKED_WITHIN
    taken_within = TAKEN_WITHIN

    deadline: asyncio.TimerHandle | None = None
    _lines = 0
    _bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin. If there are too many connections, close the one that has been waiting longest."""
        if len(self.connections) >= self.most and not self._make_room():
            transport.write(_NO_ROOM)
            transport.close()
        super().connection_made(transport)
        self._expect(self.asked_within)

    def data_received(self, data: bytes) -> None:
        """Process received bytes. The deadline stays until the whole request head has arrived."""
        if self.transport.is_closing():
            return
        if self._is_crumbs(data):
            self.give_up()
            return
        before = self._request
        super().data_received(data)
        if self._request is not before:
            self._lines = self._bytes = 0
            self._expect(None)

    def on_response_complete(self) -> None:
        """Wait for the next request with a deadline; the rest of a refused body must arrive within it too."""
        super().on_response_complete()
        if not self._busy:
            self._expect(self.asked_within)

    def pause_writing(self) -> None:
        """Wait for a client that reads nothing, with a deadline."""
        super().pause_writing()
        self._expect(self.taken_within)

    def resume_writing(self) -> None:
        """Continue: the client is reading again."""
        super().resume_writing()
        self._expect(None if self._busy else self.asked_within)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._expect(None)
        super().connection_lost(exc)

    def give_up(self) -> None:
        """Close the connection at once, discarding unsent output."""
        self.transport.abort()

    @property
    def _request(self) -> Any:
        # It is None before the first request, whatever its annotation says.
        return self.cycle

    @property
    def _busy(self) -> bool:
        return self._request is not None and not self._request.response_complete

    def _expect(self, within: float | None) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
        self.deadline = None if within is None else self.loop.call_later(within, self.give_up)

    def _make_room(self) -> bool:
        waiting = [one for one in self.connections if isinstance(one, BoundedConnection) and one.deadline is not None]
        if not waiting:
            return False
        min(waiting, key=_due).give_up()
        return True

    def _is_crumbs(self, data: bytes) -> bool:
        """Return whether a body comes in chunks of a few bytes, each of which costs as much as a large one."""
        if not self._busy or (b"transfer-encoding", b"chunked") not in self.headers:
            return False
        self._lines += data.count(b"\r\n")
        self._bytes += len(data)
        return self._lines > _FEW_LINES and self._bytes < _BYTES_A_LINE * self._lines


def _due(connection: BoundedConnection) -> float:
    return float("inf") if connection.deadline is None else connection.deadline.when()
