"""Hands the log lines of a worker's jobs on, for those who watch a job.

A job never waits for it: lines are taken to memory, a thread of this process hands them on in batches, and what is too
much or cannot be handed on is counted and told in the job's log itself.
"""

import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from time import monotonic

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import TransientError
from grace_workers.orchestration.fleet.job_log import LEFT_OUT, JobLogKeeper, text_of

MOST_WAITING = 2_000
BATCH_SECONDS = 0.2
PAUSE_SECONDS = 2.0


class JobLogSender:
    """The lines of this process that wait. A forked child begins with none, and with a thread of its own."""

    def __init__(self, keeper: Callable[[], JobLogKeeper]) -> None:
        self._keeper = keeper
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._waiting: deque[tuple[str, str]] = deque()
        self._lost: Counter[str] = Counter()
        self._news = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def take(self, event: Mapping[str, JsonValue]) -> None:
        """Take the line of a job; others are left alone. It is free of secrets by now."""
        job = event.get("job_id")
        if not isinstance(job, str):
            return
        if len(self._waiting) >= MOST_WAITING:
            self._lost[job] += 1
            return
        self._waiting.append((job, text_of(event)))
        self._news.set()
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._send, name="job log", daemon=True)
                self._thread.start()

    def _send(self) -> None:
        keeper, pause, resume_at = self._keeper(), threading.Event(), 0.0
        while True:
            self._news.wait()
            pause.wait(BATCH_SECONDS)
            self._news.clear()
            batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
            lost, self._lost = self._lost, Counter()
            if monotonic() >= resume_at and _handed_on(keeper, batch, lost):
                continue
            # The broker's kernel tells that it is unreachable; the logs of these jobs tell how many lines they lost.
            if monotonic() >= resume_at:
                resume_at = monotonic() + PAUSE_SECONDS
            self._lost.update(lost)
            self._lost.update(job for job, _ in batch)


def _handed_on(keeper: JobLogKeeper, batch: list[tuple[str, str]], lost: Counter[str]) -> bool:
    told = [(job, text_of({"event": LEFT_OUT, "level": "warning", "lines": count})) for job, count in lost.items()]
    try:
        keeper.keep([*told, *batch])
    except TransientError:
        return False
    return True
