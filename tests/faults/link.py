"""One connection through the fault proxy: the client's socket, the upstream's, and a flow each way."""

import errno
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from random import Random
from selectors import EVENT_READ, EVENT_WRITE

from tests.faults.flow import Flow
from tests.faults.passage import Direction, Passage
from tests.faults.traffic import Tally

_READ_SIZE = 64 * 1024
# Close abruptly: the other side gets a reset.
_NO_LINGER = struct.pack("ii", 1, 0)
_UNDER_WAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK}
_OTHER_WAY = {Direction.TO_UPSTREAM: Direction.TO_CLIENT, Direction.TO_CLIENT: Direction.TO_UPSTREAM}

Upstream = tuple[socket.AddressFamily, tuple[str, int]]


class Link:
    """A connection. `over` says that its sockets are closed; then it must not be used any more."""

    def __init__(self, client: socket.socket, upstream: Upstream, tally: Tally, chance: Random) -> None:
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client
        self._address = upstream
        self._tally = tally
        self._upstream: socket.socket | None = None
        self._connected = False
        self._stuck: set[Direction] = set()
        self._flows = {direction: Flow(chance) for direction in Direction}
        self.over = False

    def change(self, passages: Mapping[Direction, Passage]) -> None:
        """Apply other passages from now on."""
        for direction, flow in self._flows.items():
            flow.change(passages[direction])

    def interests(self) -> dict[socket.socket, int]:
        """Return the events to watch for on each socket."""
        wanted: dict[socket.socket, int] = {}
        for direction, flow in self._flows.items():
            source, sink = self._source(direction), self._sink(direction)
            if source is not None and flow.wants_more and (source is self._client or self._connected):
                wanted[source] = wanted.get(source, 0) | EVENT_READ
            if sink is not None and direction in self._stuck:
                wanted[sink] = wanted.get(sink, 0) | EVENT_WRITE
        if self._upstream is not None and not self._connected:
            wanted[self._upstream] = EVENT_WRITE
        return wanted

    def next_at(self) -> float | None:
        """When the clock alone will let bytes through."""
        times = [flow.next_at() for way, flow in self._flows.items() if way not in self._stuck and self._connected]
        return min((time for time in times if time is not None), default=None)

    def ready(self, ready: object, mask: int, now: float) -> None:
        """Handle that one of the sockets can be read or written."""
        if self._upstream is not None and ready is self._upstream and not self._connected:
            self._finish_connecting(self._upstream)
            return
        for direction in Direction:
            source = self._source(direction)
            if mask & EVENT_READ and source is not None and ready is source and self._flows[direction].wants_more:
                self._read(direction, source, now)
            if mask & EVENT_WRITE and ready is self._sink(direction):
                self._stuck.discard(direction)

    def push(self, now: float) -> None:
        """Pass on whatever may be passed on now, including ends of connections; close when nothing is left to do."""
        if self._upstream is None and not self.over and not self._flows[Direction.TO_UPSTREAM].passage.held:
            self._connect()
        if self._connected and not self.over:
            for direction in Direction:
                self._write(direction, now)
        if not self.over:
            self._settle()

    def reset(self) -> None:
        """End the connection on both sides abruptly."""
        for each in self._sockets():
            with suppress(OSError):  # the other side may have closed already
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.close()

    def close(self) -> None:
        """Close both sockets."""
        for each in self._sockets():
            each.close()
        self.over = True

    def _connect(self) -> None:
        family, address = self._address
        self._upstream = socket.socket(family, socket.SOCK_STREAM)
        self._upstream.setblocking(False)
        self._upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._upstream.connect_ex(address) not in _UNDER_WAY:
            self._give_up()

    def _finish_connecting(self, upstream: socket.socket) -> None:
        if upstream.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._give_up()
        else:
            self._connected = True

    def _give_up(self) -> None:
        self._tally.unreachable += 1
        self.reset()

    def _read(self, direction: Direction, source: socket.socket, now: float) -> None:
        flow = self._flows[direction]
        try:
            data = source.recv(_READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            # Reset by its side: what it sent before still arrives, then the other side gets the reset.
            flow.ended = flow.broken = True
            self._flows[_OTHER_WAY[direction]].drop()
            return
        if data:
            flow.put(data, now)
        else:
            flow.ended = True

    def _write(self, direction: Direction, now: float) -> None:
        flow, sink = self._flows[direction], self._sink(direction)
        if sink is None or direction in self._stuck:
            return
        while not flow.is_spent and (data := flow.due(now)) is not None:
            try:
                count = sink.send(data)
            except BlockingIOError:
                self._stuck.add(direction)
                return
            except OSError:
                # The receiver is gone; its last bytes are still on their way to the other side.
                flow.drop()
                return
            flow.took(count, now)
            self._tally.forwarded[direction] += count

    def _settle(self) -> None:
        flows = self._flows.values()
        if self._connected and any(flow.is_spent for flow in flows):
            self._tally.reset += 1
            self.reset()
            return
        for direction, flow in self._flows.items():
            if flow.ended and flow.is_empty and not (flow.passage.held or flow.broken or flow.closed):
                self._hand_on_end(direction)
        if any(flow.broken for flow in flows) and all(self._is_done(flow) for flow in flows):
            self.reset()
        elif all(flow.closed for flow in flows):
            self.close()

    def _hand_on_end(self, direction: Direction) -> None:
        sink = self._sink(direction)
        if sink is None or not self._connected:
            return
        self._flows[direction].closed = True
        with suppress(OSError):  # gone already, which is an end too
            sink.shutdown(socket.SHUT_WR)

    @staticmethod
    def _is_done(flow: Flow) -> bool:
        return not flow.passage.held and flow.is_empty and (flow.ended or flow.broken)

    def _source(self, direction: Direction) -> socket.socket | None:
        return self._client if direction is Direction.TO_UPSTREAM else self._upstream

    def _sink(self, direction: Direction) -> socket.socket | None:
        return self._source(_OTHER_WAY[direction])

    def _sockets(self) -> list[socket.socket]:
        return [each for each in (self._client, self._upstream) if each is not None]
