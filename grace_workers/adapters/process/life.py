"""One life of a child, from its start to its end: the process, its pulse, its self-tests and its signs of life."""

import os
import time
from collections.abc import Callable
from contextlib import suppress

from grace_workers.adapters.process.bell import Bell
from grace_workers.adapters.process.child import Child
from grace_workers.adapters.process.liveness import Liveness
from grace_workers.adapters.process.logfile import trim
from grace_workers.adapters.process.pulse import Listening
from grace_workers.adapters.process.selftest import SelfTest, SelfTestAnswer
from grace_workers.adapters.process.spawn import Command, StartCommand, spawn
from grace_workers.fleet import Judgement, judge
from grace_workers.node.pulse import VARIABLE

_LOOK = 0.05
# How often to look at a child: a healthy one sends its pulse several times between two looks, and its end is noticed at
# once.
_DOUBTS, _AT_EASE = 0.1, 0.5
_EARLY_TEST = 0.1
_TEST = 2.0
# A child without a pulse shows that it hangs only by an unanswered self-test.
_FREQUENT_TEST = 0.75


class Life:
    """One running process of a child. `complaint` is the message of its last self-test, if that failed."""

    def __init__(self, child: Child, command: Command, start: StartCommand = spawn) -> None:
        """Start it. Raises OSError when the program, its folder or its log cannot be opened."""
        self.answer: SelfTestAnswer | None = None
        self.complaint: str | None = None
        self._child = child
        self._log = command.log
        self._began = time.monotonic()
        self._pulse = Listening() if child.pulse else None
        try:
            self.process = start(command, {} if self._pulse is None else {VARIABLE: self._pulse.writing})
        except OSError:
            self.close()
            raise
        finally:
            if self._pulse is not None:
                self._pulse.handed_over()
        self._liveness = Liveness(self.process.pid, self._pulse)
        self._test = SelfTest(child.ready, child.excuse)
        self._pause = _DOUBTS
        self._ended: int | None = None
        with suppress(OSError):
            self._ended = os.pidfd_open(self.process.pid)
        self._next_test = 0.0
        self._ready_once = False

    @property
    def age(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._began

    def look(self, *, needs_ready: bool) -> Judgement:
        """Look at it once, and return what must be done; `answer` is the answer of a self-test that came since."""
        now = time.monotonic()
        if now >= self._next_test:
            self._test.ask()
            self._next_test = now + self._rhythm
            if self._log is not None:
                trim(self._log)
        self.answer = self._test.answer()
        if self.answer is not None:
            self._ready_once |= self.answer.passed
            self.complaint = None if self.answer.passed else self.answer.trouble
            self._liveness.hear(self.answer)
        asks = self._test.is_under_way
        self._liveness.look(now, test_under_way=asks, needs_ready=needs_ready, longest=self._pause + _LOOK)
        self._pause = _AT_EASE if self._liveness.at_ease and not asks else _DOUBTS
        return judge(self._liveness.signs, self._child.timeouts)

    def wait(self, bell: Bell) -> None:
        """Wait until the next look is due, the process ends, or the bell rings."""
        if self._ended is None:
            bell.wait(_DOUBTS)
            return
        began = time.monotonic()
        rang = bell.wait(self._pause, self._ended)
        if not rang and time.monotonic() - began < _LOOK and self.process.poll() is None:
            # It has ended, but its fork server has yet to report how.
            bell.wait(_LOOK)

    def end(self, *, hurrying: Callable[[], bool]) -> None:
        """End it politely, step by step, and by force what is left of its group."""
        for step in self._child.stop:
            if hurrying() or self.process.poll() is not None:
                break
            self.process.send_signal(step.signal)
            deadline = time.monotonic() + step.seconds
            while self.process.poll() is None and time.monotonic() < deadline and not hurrying():
                time.sleep(_LOOK)
        self.process.end_group()
        self.process.wait()

    def close(self) -> None:
        """Stop listening to its pulse and for its end."""
        if self._pulse is not None:
            self._pulse.close()
        if self._ended is not None:
            os.close(self._ended)
            self._ended = None

    @property
    def _rhythm(self) -> float:
        if not self._ready_once:
            return _EARLY_TEST
        return _TEST if self._child.pulse else _FREQUENT_TEST
