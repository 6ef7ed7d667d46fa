"""Watching one running child: gathers its signs of life, in time during which this process itself was awake."""

import psutil

from grace_workers.adapters.process.exertion import Exertion, Spent
from grace_workers.adapters.process.pulse import Listening
from grace_workers.adapters.process.selftest import SelfTestAnswer
from grace_workers.fleet import LifeSigns

# Time advances in steps of at most this much, or of the planned time between two looks: after our own freeze, or on a
# machine too busy to let us look, a child's silence says nothing about the child.
_LONGEST_STEP = 0.15
# After this many seconds of silence, failure or start-up, check how the child spends its time.
_DOUBT = 0.75
_SLOW_START = 10.0
_STOPPED = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP})


class Liveness:
    """The signs of life of one process, from its start on."""

    def __init__(self, pid: int, pulse: Listening | None) -> None:
        try:
            self._process: psutil.Process | None = psutil.Process(pid)
        except psutil.NoSuchProcess:
            # It has already ended, and its fork server has recorded that.
            self._process = None
        self._pulse = pulse
        self._exertion = Exertion(pid)
        self._last: float | None = None
        self._stopped = 0.0
        self._silent: float | None = None
        self._unanswered = 0.0
        self._busy = 0.0
        self._failing = 0.0
        self._starting = 0.0
        self._fails = False
        self._late = False
        self._excused = False
        self._ready_once = False

    @property
    def signs(self) -> LifeSigns:
        """What was seen up to the last look."""
        return LifeSigns.of_seconds(
            ready=self._ready_once,
            stopped=self._stopped,
            silent=self._silent,
            unanswered=self._unanswered,
            busy=self._busy,
            failing=self._failing,
            starting=self._starting,
        )

    def hear(self, answer: SelfTestAnswer) -> None:
        """Record a self-test's answer. One that came too late for it does not count."""
        self._excused = answer.excuse is not None
        self._late = answer.late and not self._excused
        self._fails = not answer.passed and not answer.late
        self._ready_once |= answer.passed
        if answer.passed or self._excused:
            self._failing = 0.0
        if not answer.late:
            self._unanswered = 0.0

    @property
    def at_ease(self) -> bool:
        """Whether the last look showed nothing doubtful in a child that has been ready."""
        doubts = (self._stopped, self._silent or 0.0, self._unanswered, self._busy, self._failing)
        return self._ready_once and not (self._fails or self._late or any(doubts))

    def look(self, now: float, *, test_under_way: bool, needs_ready: bool, longest: float = _LONGEST_STEP) -> None:
        """Look at the process. `now` is monotonic time in seconds; `longest` limits how much of it counts."""
        step = 0.0 if self._last is None else min(now - self._last, longest)
        self._last = now
        heard = self._pulse is not None and self._pulse.heard()
        # A process that sends its pulse is not stopped, and checking costs more than the rest of a look.
        self._stopped = self._stopped + step if not heard and self._is_stopped() else 0.0
        spent = self._spent(step)
        if heard:
            self._silent = 0.0
        elif self._silent is not None:
            self._silent += spent.idle
        asked = needs_ready and self._ready_once
        mute = asked and self._pulse is None and (self._late or test_under_way)
        self._unanswered = self._unanswered + spent.idle if mute else 0.0
        lacking = mute or (asked and self._late) or (self._silent or 0.0) > _DOUBT
        self._busy = self._busy + spent.busy if lacking else 0.0
        self._count_failures(spent, needs_ready=needs_ready)

    def _count_failures(self, spent: Spent, *, needs_ready: bool) -> None:
        if not needs_ready:
            self._failing = 0.0
        elif self._excused:
            return
        elif not self._ready_once:
            self._starting += spent.idle + spent.busy
        elif self._fails:
            self._failing += spent.idle + spent.busy
        elif self._late and self._pulse is not None:
            # A process that sends its pulse may wait for something else, so it gets as much time as one that answers
            # no.
            self._failing += spent.idle

    def _spent(self, step: float) -> Spent:
        """Return what the child did in this step; while there is no doubt, assume that it could have worked."""
        doubts = max(self._silent or 0.0, self._unanswered, self._failing, self._busy)
        if doubts > _DOUBT or self._starting > _SLOW_START:
            return self._exertion.spent(step)
        self._exertion.forget()
        return Spent(idle=step, busy=0.0)

    def _is_stopped(self) -> bool:
        try:
            return self._process is not None and self._process.status() in _STOPPED
        except psutil.NoSuchProcess:
            return False
