"""Watching one running child: gathers its signs of life, in time during which this process itself was awake."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import psutil

from grace_workers.adapters.process.pulse import Listening
from grace_workers.adapters.process.selftest import Answer
from grace_workers.fleet import LifeSigns

# Time passes in steps of at most this much: after our own freeze, or on a machine too busy to let us look, a child's
# silence tells nothing about the child.
_LONGEST_STEP = 0.15
# From so many silent seconds on, it is asked whether the child gets a processor at all.
_DOUBT = 0.75
_STOPPED = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP})


class Liveness:
    """The signs of life of one process, from its start on."""

    def __init__(self, pid: int, pulse: Listening | None) -> None:
        self._pid = pid
        try:
            self._process: psutil.Process | None = psutil.Process(pid)
        except psutil.NoSuchProcess:
            # It has ended already, and its fork server has taken note of it.
            self._process = None
        self._pulse = pulse
        self._last: float | None = None
        self._stopped = 0.0
        self._silent: float | None = None
        self._queued: Mapping[str, float] | None = None
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
            ready=self._ready_once,
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
        heard = self._pulse is not None and self._pulse.heard()
        # What breathes is neither stopped nor waiting for a disk, and asking costs more than all the rest of a look.
        status = None if heard else self._status()
        self._stopped = self._stopped + step if status in _STOPPED else 0.0
        self._listen(0.0 if status == psutil.STATUS_DISK_SLEEP else step, heard=heard)
        mute = test_under_way and needs_ready and self._ready_once and self._pulse is None
        self._unanswered = self._unanswered + step if mute else 0.0
        if not needs_ready:
            self._failing = 0.0
        elif not self._excused:
            self._failing += step if self._ready_once and self._fails else 0.0
            self._starting += 0.0 if self._ready_once else step

    def _listen(self, step: float, *, heard: bool) -> None:
        if heard:
            self._silent = 0.0
            self._queued = None
        elif self._silent is not None:
            self._silent += max(0.0, step - self._starved()) if self._silent > _DOUBT else step

    def _starved(self) -> float:
        """Return for how long, since the last call, one of its threads waited for a processor that others had."""
        before, self._queued = self._queued, queued_for(self._pid)
        if before is None:
            return 0.0
        return max((now - before.get(thread, now) for thread, now in self._queued.items()), default=0.0)

    def _status(self) -> str | None:
        try:
            return None if self._process is None else self._process.status()
        except psutil.NoSuchProcess:
            return None


def queued_for(pid: int) -> Mapping[str, float]:
    """Return for each thread how many seconds in all it was ready to run but had no processor."""
    found = {}
    for entry in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            found[entry.parent.name] = int(entry.read_text(encoding="ascii").split()[1]) / 1e9
        except OSError:
            # The thread has ended meanwhile.
            continue
    return found
