"""Telling a second place the length of each writer's stream, so that a tail cut off before its seal is missed.

A connection's number is read when it returns to its pool, because its commit is certain by then. A background thread
sends the numbers about once a second; it delays no one, and while the place is unreachable it keeps them.
"""

import atexit
import os
import threading
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Engine, event, text

from grace_workers.adapters.postgres.audit.store import settled
from grace_workers.adapters.postgres.engine import translated
from grace_workers.foundation.errors import TransientError
from grace_workers.orchestration.audit_archive import Counters

if TYPE_CHECKING:
    from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

log = structlog.get_logger()

_EVERY = 1.0
_LEAVE_WITHIN = 3.0


class CounterPublisher:
    """Publishes the numbers of one engine's streams, from the first on. `close` it to send the last ones."""

    _news: dict[str, int]

    def __init__(self, engine: Engine, place: Counters) -> None:
        # A rollback at the end of a look would make the pool's connection forget the statements it has prepared.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._place = place
        self._origin: str | None = None
        self._stop = threading.Event()
        self._begin_anew()
        event.listen(engine, "reset", self._on_reset)

    def publish(self) -> None:
        """Send what is new. On TransientError, keep it for the next time."""
        with self._lock:
            news, self._news = self._news, {}
        try:
            origin = self._log() if news else None
            if origin is not None:
                self._place.publish(origin, news)
                news = {}
        finally:
            with self._lock:
                self._news = {**news, **self._news}

    def close(self) -> None:
        """Send what is left, for at most a few seconds, and end the thread."""
        atexit.unregister(self.close)
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=_LEAVE_WITHIN)
        self._place.close()

    def _on_reset(self, _driver: Any, entry: "ConnectionPoolEntry | None", _state: "PoolResetState") -> None:
        position = settled(entry.info) if entry is not None else None
        if position is not None:
            if self._process != os.getpid():
                self._begin_anew()
            with self._lock:
                self._news[position.writer] = position.number
            self._start()

    def _begin_anew(self) -> None:
        """Begin without a thread, as a forked process does: what the parent noted is the parent's to send."""
        self._process = os.getpid()
        # Garbage collection may return a connection while the same thread holds the lock. What is done under it is
        # whole at each moment at which that can be.
        self._lock = threading.RLock()
        self._running = threading.Lock()
        self._news = {}
        self._thread: threading.Thread | None = None

    def _start(self) -> None:
        # Taken without waiting, because a collection may also return a connection while the thread is made.
        if self._stop.is_set() or not self._running.acquire(blocking=False):
            return
        thread = threading.Thread(target=self._run, name="grace-audit-counters", daemon=True)
        try:
            thread.start()
        except BaseException:
            self._running.release()
            raise
        self._thread = thread
        # Most processes of a node end without closing their runtime.
        atexit.register(self.close)

    def _run(self) -> None:
        try:
            self._publish_often()
        finally:
            # After an error that no one expected, the next number begins another thread.
            self._running.release()

    def _publish_often(self) -> None:
        stopped = False
        while not stopped:
            stopped = self._stop.wait(_EVERY)
            try:
                self.publish()
            except TransientError as error:
                log.debug("audit_counters_not_published", why=str(error))

    def _log(self) -> str | None:
        """Return the log's origin, None before its first seal: the same place may hold another log's counters."""
        if self._origin is None:
            with translated(), self._engine.connect() as connection:
                self._origin = connection.execute(text("SELECT origin FROM audit_head")).scalar()
        return self._origin
