"""Ringing at once: a submitter's own thread sends the doorbells of jobs it has just committed.

It is the fast path beside the relay. It never delays a submitter: if its queue is full or the broker is lost, the jobs
are left to the relay, which waits `promise` for it. It marks rung jobs in batches, so that an idle fleet starts a job
in a few milliseconds and a busy one pays one UPDATE for hundreds.
"""

import queue
import threading
import time
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.jobs.rows import ids
from grace_workers.adapters.postgres.statement import run
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import JobId
from grace_workers.orchestration.work.doorbells import Doorbell, Doorbells

_BATCH = 500
_MARK_EVERY = 0.25
_IDLE = 1.0

# A job that was claimed or ended meanwhile needs no mark; in an idle fleet that is most of them.
MARK_RUNG = """
UPDATE jobs SET ring_at = NULL WHERE id = ANY(%(ids)s::uuid[]) AND state = 'queued' AND ring_at IS NOT NULL
    AND NOT waiting_slot AND due_at <= now()
"""


class Ringer:
    """A background thread, started by the first offer, that rings and marks. `close` it to end it cleanly."""

    def __init__(
        self,
        engine: Engine,
        doorbells: Doorbells,
        *,
        promise: timedelta = timedelta(seconds=1),
        capacity: int = 20_000,
    ) -> None:
        self.promise = promise
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._doorbells = doorbells
        self._queue: queue.Queue[Doorbell] = queue.Queue(capacity)
        self._stop = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._rung: list[JobId] = []
        self._marked_at = time.monotonic()

    def offer(self, bells: Sequence[Doorbell]) -> None:
        """Accept doorbells to be rung very soon; return at once. What does not fit is left to the relay."""
        if not bells:
            return
        self._start()
        for bell in bells:
            try:
                self._queue.put_nowait(bell)
            except queue.Full:
                return

    def close(self) -> None:
        """Ring and mark what is left and end the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _start(self) -> None:
        with self._starting:
            # A forked child inherits the object but not the thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="grace-ringer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not (self._stop.is_set() and self._queue.empty()):
            bells = self._next()
            if bells:
                self._ring(bells)
            if len(self._rung) >= _BATCH or time.monotonic() - self._marked_at > _MARK_EVERY:
                self._mark()
        self._mark()

    def _next(self) -> list[Doorbell]:
        try:
            bells = [self._queue.get(timeout=_MARK_EVERY if self._rung else _IDLE)]
        except queue.Empty:
            return []
        while len(bells) < _BATCH:
            try:
                bells.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return bells

    def _ring(self, bells: Sequence[Doorbell]) -> None:
        try:
            self._doorbells.ring(bells)
        except TransientError:
            # Not marked as rung, so the relay rings them as soon as the promise expires.
            return
        if not self._rung:
            self._marked_at = time.monotonic()
        self._rung += [bell.job_id for bell in bells]

    def _mark(self) -> None:
        rung, self._rung = self._rung, []
        self._marked_at = time.monotonic()
        if not rung:
            return
        try:
            with translated(), self._engine.connect() as connection:
                run(connection, MARK_RUNG, {"ids": ids(rung)})
        except TransientError:
            # The relay rings unmarked jobs once more; a second doorbell is harmless.
            return
