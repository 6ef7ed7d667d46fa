"""Hands the log lines of a worker's jobs on, for those who watch a job.

A job never waits for it. Lines are taken to memory, and a thread of this process hands them on in batches, but only
those of jobs that have run for a second, or that warn. Most jobs end at once, and what they did is in the ledger; kept
for an hour, their lines would fill the broker. What is too much or cannot be handed on is counted and told in the job's
log itself.
"""

import os
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

import structlog

from grace_workers.entrypoints.log_lines import JobLine
from grace_workers.entrypoints.tasks.edge import ENDED, FENCED
from grace_workers.foundation.errors import TransientError
from grace_workers.orchestration.fleet.job_log import LEFT_OUT, MOST_LINES, JobLogKeeper, text_of

MOST_WAITING = 2_000
MOST_FOLLOWED = 1_000
BATCH_SECONDS = 0.2
YOUNG_SECONDS = 1.0
PAUSE_SECONDS = 2.0

log = structlog.get_logger()


@dataclass(slots=True)
class _Young:
    """The lines of a job that has not run for long."""

    since: float
    lines: deque[JobLine] = field(default_factory=lambda: deque(maxlen=MOST_LINES))


class JobLogSender:
    """The lines of this process that wait. A forked child begins with none, and with a thread of its own."""

    def __init__(self, keeper: Callable[[], JobLogKeeper]) -> None:
        self._keeper = keeper
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._young: dict[str, _Young] = {}
        self._followed: dict[str, None] = {}
        self._waiting: deque[JobLine] = deque()
        self._lost: Counter[str] = Counter()
        self._news = threading.Event()
        self._turn = threading.RLock()
        self._thread: threading.Thread | None = None
        self._place: JobLogKeeper | None = None

    def take(self, line: JobLine) -> None:
        """Take a line of a job."""
        with self._turn:
            if line.job in self._followed:
                self._wait(line)
            else:
                young = self._young.setdefault(line.job, _Young(monotonic()))
                young.lines.append(line)
                if line.severe:
                    self._follow(line.job)
            if line.event in {ENDED, FENCED}:
                self._young.pop(line.job, None)
                self._followed.pop(line.job, None)
            self._start()
        self._news.set()

    def _start(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._send, name="job log", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # A process at its limit of threads still runs its jobs; the next line tries again.
                return
            self._thread = thread

    def _wait(self, line: JobLine) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._lost[line.job] += 1
        else:
            self._waiting.append(line)

    def _follow(self, job: str) -> None:
        for line in self._young.pop(job).lines:
            self._wait(line)
        self._followed[job] = None
        while len(self._followed) > MOST_FOLLOWED:
            # An attempt that ended without a word, because the ledger could not be reached.
            del self._followed[next(iter(self._followed))]

    def _send(self) -> None:
        pause, resume_at, broke = threading.Event(), 0.0, False
        while True:
            self._news.wait()
            pause.wait(BATCH_SECONDS)
            try:
                if self._is_handed_on(paused=monotonic() < resume_at):
                    continue
            except Exception:
                # Without this thread the logs of all later jobs would stay empty.
                if not broke:
                    log.exception("job_log_broke")
                broke = True
            # The broker's kernel tells that it is unreachable; the logs of these jobs tell how many lines they lost.
            if monotonic() >= resume_at:
                resume_at = monotonic() + PAUSE_SECONDS

    def _is_handed_on(self, *, paused: bool) -> bool:
        """Hand on what is due, and return whether it was taken; what was not is counted."""
        batch, lost = self._batch()
        taken = not (batch or lost)
        try:
            if not (taken or paused):
                self._place = self._place or self._keeper()
                taken = _is_taken(self._place, batch, lost)
        finally:
            if not taken:
                self._lose(lost, batch)
        return taken

    def _lose(self, lost: Counter[str], batch: list[JobLine]) -> None:
        with self._turn:
            self._lost.update(lost)
            self._lost.update(line.job for line in batch)
            for job in list(self._lost)[:-MOST_FOLLOWED]:
                del self._lost[job]

    def _batch(self) -> tuple[list[JobLine], Counter[str]]:
        """Return what is to be handed on now."""
        with self._turn:
            old = monotonic() - YOUNG_SECONDS
            for job in [job for job, young in self._young.items() if young.since <= old]:
                self._follow(job)
            batch, lost = list(self._waiting), self._lost
            self._waiting.clear()
            self._lost = Counter()
            if not self._young:
                self._news.clear()
            return batch, lost


def _is_taken(keeper: JobLogKeeper, batch: list[JobLine], lost: Counter[str]) -> bool:
    told = [(job, text_of({"event": LEFT_OUT, "level": "warning", "lines": count})) for job, count in lost.items()]
    try:
        keeper.keep([*told, *((line.job, _text(line)) for line in batch)])
    except TransientError:
        return False
    return True


def _text(line: JobLine) -> str:
    try:
        return text_of(line.told())
    except Exception as error:  # noqa: BLE001 - the text of what is logged may be foreign code, and raise anything
        return text_of({"event": line.event, "level": "warning", "unreadable": type(error).__name__})
