"""`Sender`: takes events from an application without ever slowing or breaking it, and posts them from its own thread.

The queue is bounded; when it is full, the newest event is dropped and counted, and the count is reported as a separate
signal as soon as anything can be sent again. Nothing here waits on the application's thread, except `close`, and that
no longer than the caller allows.
"""

import atexit
import http.client
import itertools
import logging
import os
import queue
import ssl
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from urllib.parse import urlsplit
from uuid import uuid4

from grace_workers.entrypoints.capture.event import CapturedEvent, encode, scrub
from grace_workers.foundation.backoff import backoff, jittered
from grace_workers.foundation.errors import InputError

CAPACITY = 10_000
EXIT_WITHIN = timedelta(seconds=2)
LOGGER = "grace_workers.capture"
_PATH = "/api/v1/signals"
_BATCH = 200
_BATCH_BYTES = 400_000
_LINGER_SECONDS = 0.1
_LONGEST_ANSWER = 2_000
_REFUSED_IN_A_ROW = 10
_EMPTY_LOOKS = 2
_REQUEST_SECONDS = 5.0
_FIRST_WAIT = timedelta(milliseconds=100)
_LONGEST_WAIT = timedelta(seconds=30)


class _Answer(Enum):
    STORED = "stored"
    LATER = "later"
    REFUSED = "refused"
    UNAUTHORISED = "unauthorised"


@dataclass(frozen=True, slots=True)
class SendCounts:
    """What happened to the events so far. `waiting` are in the queue or being sent."""

    sent: int
    lost: int
    waiting: int


class Sender:
    """One destination. Safe to call from any thread, from a signal handler, and after a fork."""

    def __init__(
        self, url: str, *, token: str | None = None, target: str | None = None, capacity: int = CAPACITY
    ) -> None:
        """Remember where to send; nothing is opened or started before the first event.

        Raises:
            InputError: `url` is not `http://host[:port]` or `https://…`, or `token` cannot be one.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError("the URL of Grace must have the form http://host:port")
        if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
            raise InputError("the token of Grace contains an invalid character; copy it again")
        self._secure = parts.scheme == "https"
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path.rstrip("/") + _PATH
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._target = target
        self._capacity = capacity
        self.begin()
        this = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _after_fork(this))
        atexit.register(lambda: _at_exit(this))

    def begin(self) -> None:
        """Start empty, as a new process does: what the parent took is the parent's to send."""
        # A signal may interrupt SimpleQueue.put, and its handler may log as well; a lock of ours could deadlock there.
        self._queue: queue.SimpleQueue[CapturedEvent | None] = queue.SimpleQueue()
        self._counting = threading.RLock()
        self._begins = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._silenced = False
        self._warned = False
        self._key = f"{uuid4().hex}"
        self._numbers = itertools.count()
        self._said = ""
        self._refused = 0
        self._sent = self._lost = self._reported = self._taken = 0

    @property
    def ident(self) -> int | None:
        """The identity of the sending thread, None before the first event."""
        return self._thread.ident if self._thread is not None else None

    @property
    def counts(self) -> SendCounts:
        """What happened to the events so far."""
        return SendCounts(sent=self._sent, lost=self._lost, waiting=self._queue.qsize() + self._taken)

    def offer(self, event: CapturedEvent) -> None:
        """Take the event, or count it as lost: the queue is full, or sending has stopped. Never waits."""
        if self._closed or self._silenced or self._queue.qsize() >= self._capacity:
            self._lose(1)
            return
        self._queue.put(event)
        if self._thread is None:
            self._start()

    def drain(self, within: timedelta) -> bool:
        """Wait until everything taken was sent or lost; return whether that happened in time."""
        deadline = time.monotonic() + within.total_seconds()
        # For an instant, an event that leaves the queue is in no count, so only two empty looks in a row mean "empty".
        empty = 0
        while empty < _EMPTY_LOOKS and not self._silenced and time.monotonic() < deadline:
            empty = 0 if self.counts.waiting else empty + 1
            time.sleep(0.005)
        return empty >= _EMPTY_LOOKS

    def close(self, within: timedelta = EXIT_WITHIN) -> None:
        """Send what is left, for at most `within`, and stop. Later events count as lost."""
        if self._closed:
            return
        thread, self._closed = self._thread, True
        if thread is not None and thread.is_alive() and thread is not threading.current_thread():
            self._wake.set()
            self._queue.put(None)
            thread.join(within.total_seconds())

    def _start(self) -> None:
        # Taken once, without waiting, and never given back: while the thread is made, a garbage collection or a signal
        # may run what logs.
        if not self._begins.acquire(blocking=False):
            return
        thread = threading.Thread(target=self._run, name="grace-capture", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # No thread can be started, for example while the interpreter ends.
            self._silenced = True
            self._lose(self._queue.qsize())
        else:
            self._thread = thread

    def _run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while (batch := self._gather()) is not None:
            encoded = [one for one in map(self._encoded, batch) if one is not None]
            if connection is None:
                connection = self._connect()
            for chunk in _chunks([*encoded, *self._loss()]):
                self._deliver(chunk, connection)
            self._taken = 0
            if self._silenced:
                break
        if connection is not None:
            connection.close()

    def _gather(self) -> Sequence[CapturedEvent] | None:
        """Return the next events, waiting for the first as long as necessary; None when there will be none."""
        first = self._queue.get()
        if first is None:
            return None
        self._taken = 1
        # A short wait lets a burst travel in one request.
        if not self._closed:
            self._wake.wait(_LINGER_SECONDS)
        batch = [first]
        while len(batch) < _BATCH:
            try:
                event = self._queue.get_nowait()
            except queue.Empty:
                break
            if event is None:
                self._queue.put(None)
                break
            batch.append(event)
            self._taken = len(batch)
        return batch

    def _deliver(self, chunk: Sequence[bytes], connection: http.client.HTTPConnection) -> None:
        """Post until an answer ends it.

        A refused batch is halved, so that one bad event spoils only itself. But once several were refused in a
        row, single events are not the cause, and halving would only multiply the requests.
        """
        for attempt in itertools.count(1):
            answer = _Answer.LATER if self._silenced else self._post(chunk, connection)
            match answer:
                case _Answer.STORED:
                    self._sent += len(chunk)
                    self._refused = 0
                    return
                case _Answer.REFUSED if len(chunk) > 1 and self._refused < _REFUSED_IN_A_ROW:
                    middle = len(chunk) // 2
                    self._deliver(chunk[:middle], connection)
                    self._deliver(chunk[middle:], connection)
                    return
                case _Answer.REFUSED:
                    self._refused += 1
                    self._lose(len(chunk))
                    self._warn(f"Grace rejects the events of this application, and they are dropped: {self._said}")
                    return
                case _Answer.UNAUTHORISED:
                    self._silenced = True
                    self._warn("Grace does not accept this token; no more events are sent")
                case _Answer.LATER:
                    pass
            if self._silenced or self._closed:
                self._lose(len(chunk))
                return
            self._wake.wait(jittered(backoff(attempt, base=_FIRST_WAIT, cap=_LONGEST_WAIT)).total_seconds())

    def _post(self, chunk: Sequence[bytes], connection: http.client.HTTPConnection) -> _Answer:
        body = b'{"signals":[' + b",".join(chunk) + b"]}"
        try:
            connection.request("POST", self._path, body, self._headers)
            response = connection.getresponse()
            said = response.read(_LONGEST_ANSWER)
            if not response.isclosed():
                # The rest of a long answer is not worth reading just to reuse the connection.
                connection.close()
        except (OSError, http.client.HTTPException, UnicodeError):
            connection.close()
            return _Answer.LATER
        self._said = scrub(said.decode(errors="replace")) or f"HTTP {response.status}"
        return _answer(response.status)

    def _connect(self) -> http.client.HTTPConnection:
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=_REQUEST_SECONDS, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=_REQUEST_SECONDS)

    def _loss(self) -> Sequence[bytes]:
        """Return the signal that says how many events were lost since the last one, or None."""
        lost = self._lost - self._reported
        if lost <= 0:
            return ()
        self._reported += lost
        words = f"{lost} events of this application were lost: its queue was full or Grace rejected them"
        event = CapturedEvent("capture.lost", "warning", words, time.time())
        return [encode(event, key=self._next_key(), target=self._target)]

    def _encoded(self, event: CapturedEvent) -> bytes | None:
        try:
            return encode(event, key=self._next_key(), target=self._target)
        except Exception:  # noqa: BLE001 - one odd event must not end the capture of all others
            self._lose(1)
            self._warn("an event could not be written as a signal; it is dropped")
            return None

    def _lose(self, count: int) -> None:
        with self._counting:
            self._lost += count

    def _next_key(self) -> str:
        return f"{self._key}:{next(self._numbers)}"

    def _warn(self, words: str) -> None:
        if not self._warned:
            self._warned = True
            logging.getLogger(LOGGER).warning("%s (%s)", words, self._host)


def _after_fork(this: "weakref.ref[Sender]") -> None:
    sender = this()
    if sender is not None:
        sender.begin()


def _at_exit(this: "weakref.ref[Sender]") -> None:
    sender = this()
    if sender is not None:
        sender.close()


def _answer(status: int) -> _Answer:
    if http.HTTPStatus.OK <= status < http.HTTPStatus.MULTIPLE_CHOICES:
        return _Answer.STORED
    if status in {http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN}:
        return _Answer.UNAUTHORISED
    if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR or status in {
        http.HTTPStatus.TOO_MANY_REQUESTS,
        http.HTTPStatus.REQUEST_TIMEOUT,
    }:
        return _Answer.LATER
    return _Answer.REFUSED


def _chunks(encoded: Sequence[bytes]) -> Sequence[Sequence[bytes]]:
    """Return the events in order, in groups that stay below the limit on a body."""
    groups: list[list[bytes]] = [[]]
    size = 0
    for one in encoded:
        if groups[-1] and size + len(one) > _BATCH_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(one)
        size += len(one) + 1
    return groups
