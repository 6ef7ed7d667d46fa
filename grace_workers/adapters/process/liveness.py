"""Watching one running child: gathers its signs of life, in time during which this process itself was awake."""

from datetime import timedelta

import psutil

from grace_workers.adapters.process.pulse import Listening
from grace_workers.adapters.process.selftest import Answer
from grace_workers.fleet import LifeSigns

# Time passes in steps of at most this much: after our own freeze, or on a machine too busy to let us look, a child's
# silence tells nothing about the child.
_LONGEST_STEP = 0.15
_STOPPED = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP})


class Liveness:
    """The signs of life of one process, from its start on."""

    def __init__(self, pid: int, pulse: Listening | None) -> None:
        self._process = psutil.Process(pid)
        self._pulse = pulse
        self._last: float | None = None
        self._stopped = 0.0
        self._silent: float | None = None
        self._unanswered = 0.0
        self._failing = 0.0
        self._starting = 0.0
        self._fails = False
        self._excused = False
        self._ready_once = False

    @property
    def signs(self) -> LifeSigns:
        """What was seen up to the last look."""
        return LifeSigns(
            stopped=timedelta(seconds=self._stopped),
            silent=None if self._silent is None else timedelta(seconds=self._silent),
            unanswered=timedelta(seconds=self._unanswered),
            failing=timedelta(seconds=self._failing),
            starting=timedelta(seconds=self._starting),
        )

    def hear(self, answer: Answer) -> None:
        """Take note of a self-test's answer."""
        self._fails, self._excused = not answer.passed, answer.excuse is not None
        self._ready_once |= answer.passed
        if answer.passed or answer.excuse is not None:
            self._failing = 0.0

    def look(self, now: float, *, test_under_way: bool, needs_ready: bool) -> None:
        """Look at the process. `now` is monotonic time in seconds."""
        step = 0.0 if self._last is None else min(now - self._last, _LONGEST_STEP)
        self._last = now
        self._stopped = self._stopped + step if self._is_stopped() else 0.0
        self._listen(step)
        mute = test_under_way and needs_ready and self._ready_once and self._pulse is None
        self._unanswered = self._unanswered + step if mute else 0.0
        if not needs_ready:
            self._failing = 0.0
        elif not self._excused:
            self._failing += step if self._ready_once and self._fails else 0.0
            self._starting += 0.0 if self._ready_once else step

    def _listen(self, step: float) -> None:
        if self._pulse is not None and self._pulse.heard():
            self._silent = 0.0
        elif self._silent is not None:
            self._silent += step

    def _is_stopped(self) -> bool:
        try:
            return self._process.status() in _STOPPED
        except psutil.NoSuchProcess:
            return False
