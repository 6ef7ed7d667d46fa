"""The fault proxy: TCP through one thread, healthy until it is told otherwise.

For tests and for chaos experiments: put its address where a server's belongs, and cut, hold, slow or reset what goes
through while both ends run. It works as any user and on any network, because it touches only its own sockets.
"""

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from datetime import timedelta
from random import Random
from types import TracebackType
from typing import Self

from grace_workers.foundation.errors import ConflictError, GraceError, InputError, PermanentError
from tests.faults.link import Link, Upstream
from tests.faults.passage import HELD, OPEN, Address, Direction, Passage
from tests.faults.traffic import Tally, Traffic

# Held connections whose ends have long given up stay until the passage opens; at most this many are kept.
MOST_LINKS = 512
_BACKLOG = 256
_DEAF_FOR = 0.05


class FaultProxy:
    """Listens, connects to the upstream for each connection, and passes bytes under the current faults.

    Every change applies to open and to later connections, and has happened when its method returns. All methods may
    be called from any thread. Use it as a context manager, or call `close`.
    """

    def __init__(self, upstream: Address, *, listen: Address = ("127.0.0.1", 0), chance: Random | None = None) -> None:
        """Start listening. Port 0 takes a free one. The upstream's name is looked up once, now.

        Raises:
            InputError: an address does not exist.
            ConflictError: the port is in use.
        """
        self._upstream = _resolved(upstream)
        self._chance = chance or Random()
        self._place, self.address = _reserve(listen)
        self._passages = dict.fromkeys(Direction, OPEN)
        self._tally = Tally()
        self._links: dict[Link, dict[socket.socket, int]] = {}
        self._listener: socket.socket | None = None
        self._hears = False
        self._deaf_until = 0.0
        self._orders: deque[tuple[Callable[[], None], Future[None]]] = deque()
        self._bell, self._ear = socket.socketpair()
        self._ear.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._closing = False
        try:
            self._open_door()
        except GraceError:
            self._release()
            raise
        self._thread = threading.Thread(target=self._serve, name="fault-proxy", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def cut(self) -> None:
        """Refuse every new connection and reset those that are open."""
        self._order(self._cut)

    def heal(self) -> None:
        """Remove every fault. What was held continues.

        Raises:
            ConflictError: it was cut, and another program has forcibly taken its port meanwhile.
        """
        self._order(lambda: self._change(dict.fromkeys(Direction, OPEN)))

    def blackhole(self) -> None:
        """Accept connections and let nothing through, either way."""
        self._order(lambda: self._change(dict.fromkeys(Direction, HELD)))

    def half_open(self, held: Direction) -> None:
        """Let nothing through one way; the other goes on."""
        self.set(held, HELD)

    def slow(self, delay: timedelta, jitter: timedelta = timedelta(0)) -> None:
        """Delay every chunk, both ways."""
        self._order(lambda: self._alter(lambda passage: replace(passage, delay=delay, jitter=jitter)))

    def throttle(self, bytes_per_second: int) -> None:
        """Limit the speed of every connection, both ways."""
        self._order(lambda: self._alter(lambda passage: replace(passage, bytes_per_second=bytes_per_second)))

    def set(self, direction: Direction, passage: Passage) -> None:
        """Choose exactly how one direction is passed."""
        self._order(lambda: self._change({**self._passages, direction: passage}))

    @property
    def traffic(self) -> Traffic:
        """Return what went through so far; once closed, in total."""
        if self._thread.is_alive():
            # In turn with the bytes, so that a received byte is always counted.
            self._order(lambda: None)
        return self._tally.read(alive=len(self._links))

    def close(self) -> None:
        """End every connection and stop listening. Once is enough; from one thread only."""
        if self._thread.is_alive():
            self._order(self._end)
            self._thread.join()

    # -- orders, in the proxy's own thread ----------------------------------------------------------------------

    def _order(self, act: Callable[[], None]) -> None:
        """Have the thread do something, and wait until it has; what it raises is raised here."""
        done: Future[None] = Future()
        self._orders.append((act, done))
        try:
            self._bell.send(b"!")
        except OSError:
            # The thread is ending. It may have found the command before the bell was rung.
            self._thread.join()
            done.cancel()
        try:
            done.result()
        except CancelledError:
            raise PermanentError(f"the fault proxy on {self.address} has ended") from None

    def _change(self, passages: Mapping[Direction, Passage]) -> None:
        self._passages = dict(passages)
        self._open_door()
        for link in list(self._links):
            link.change(self._passages)
            self._push(link)

    def _alter(self, altered: Callable[[Passage], Passage]) -> None:
        self._change({way: altered(passage) for way, passage in self._passages.items()})

    def _cut(self) -> None:
        self._shut_door()
        for link in list(self._links):
            self._tally.reset += 1
            self._forget(link)
            link.reset()

    def _end(self) -> None:
        self._closing = True

    # -- the loop -----------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        try:
            while not self._closing:
                for key, mask in self._selector.select(self._until_next()):
                    self._answer(key, mask)
                self._push_the_due()
                self._obey()
        finally:
            self._release()

    def _answer(self, key: selectors.SelectorKey, mask: int) -> None:
        if key.fileobj is self._ear:
            self._ear.recv(4096)
        elif isinstance(key.data, Link):
            if not key.data.over:
                key.data.ready(key.fileobj, mask, time.monotonic())
                self._push(key.data)
        else:
            self._accept(key.data)

    def _obey(self) -> None:
        while self._orders:
            act, done = self._orders.popleft()
            try:
                act()
            except GraceError as error:
                done.set_exception(error)
            else:
                done.set_result(None)

    def _push_the_due(self) -> None:
        now = time.monotonic()
        for link in [link for link in self._links if (at := link.next_at()) is not None and at <= now]:
            self._push(link)
        if self._deaf_until and now >= self._deaf_until:
            self._deaf_until = 0.0
            self._open_door()

    def _until_next(self) -> float | None:
        times = [at for link in self._links if (at := link.next_at()) is not None]
        if self._deaf_until:
            times.append(self._deaf_until)
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _accept(self, listener: socket.socket) -> None:
        try:
            client, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:
            # Out of descriptors: callers wait in the queue until some are free again.
            self._rest()
            return
        self._tally.accepted += 1
        link = Link(client, self._upstream, self._tally, self._chance)
        link.change(self._passages)
        self._links[link] = {}
        self._push(link)
        if len(self._links) >= MOST_LINKS:
            self._rest()

    def _push(self, link: Link) -> None:
        """Let a connection do what it can, and watch its sockets for what it waits for."""
        link.push(time.monotonic())
        watched = self._links[link]
        if link.over:
            self._forget(link)
            return
        wanted = link.interests()
        for each in watched.keys() - wanted.keys():
            self._selector.unregister(each)
        for each, mask in wanted.items():
            if each not in watched:
                self._selector.register(each, mask, link)
            elif watched[each] != mask:
                self._selector.modify(each, mask, link)
        self._links[link] = wanted

    def _forget(self, link: Link) -> None:
        for each in self._links.pop(link):
            self._selector.unregister(each)

    # -- the door -----------------------------------------------------------------------------------------------

    def _open_door(self) -> None:
        if self._listener is None:
            self._listener = _bound(self._place.family, self.address)
            self._listener.listen(_BACKLOG)
        if not self._hears:
            self._selector.register(self._listener, selectors.EVENT_READ, self._listener)
            self._hears = True

    def _rest(self) -> None:
        """Leave callers in the queue for a moment."""
        if self._hears and self._listener is not None:
            self._selector.unregister(self._listener)
            self._hears = False
        self._deaf_until = time.monotonic() + _DEAF_FOR

    def _shut_door(self) -> None:
        self._rest()
        self._deaf_until = 0.0
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _release(self) -> None:
        self._shut_door()
        for link in list(self._links):
            self._forget(link)
            link.close()
        self._selector.close()
        for each in (self._place, self._bell, self._ear):
            each.close()
        while self._orders:
            self._orders.popleft()[1].cancel()


def _resolved(address: Address) -> Upstream:
    host, port = address
    try:
        family, _, _, _, found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, OverflowError) as error:
        raise InputError(f"{host}:{port} names no address: {error}") from error
    return family, (str(found[0]), int(found[1]))


def _reserve(listen: Address) -> tuple[socket.socket, Address]:
    """Bind the address without listening, so that no one else gets the port while the proxy refuses connections."""
    family, address = _resolved(listen)
    place = _bound(family, address)
    return place, (place.getsockname()[0], place.getsockname()[1])


def _bound(family: int, address: Address) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setblocking(False)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise ConflictError(f"cannot listen on {address[0]}:{address[1]}: {error.strerror}") from error
    return bound
