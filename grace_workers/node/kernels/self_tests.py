"""The kernels' recurring self-tests, none of which can delay another."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from grace_workers.fleet import ASKED_EVERY, Kernel, Probe, Readiness, Unready, examine
from grace_workers.foundation.daemons import Daemons

# With a look of the watch before and after, a kernel that goes silent right after an answer is noticed within 3 s. A
# test's own questions are answered, or given up, sooner than `SILENT`.
EVERY = ASKED_EVERY.total_seconds()
SILENT = 1.3
_AT_ONCE = 4


@dataclass
class _Asked:
    """The newest test of one kernel. Times are monotonic seconds; `begun` is when it got a thread."""

    asked: float = float("-inf")
    begun: float = float("inf")
    running: Future[Readiness] | None = None
    found: Readiness | None = None
    found_for: float = float("-inf")


class KernelTests:
    """Asks the kernels for their readiness, each at its own interval, and keeps the answers.

    One that does not serve, or lacks what it needs, is asked every `EVERY` seconds, whatever its interval.
    """

    def __init__(
        self, kernels: Mapping[str, Kernel], probe: Probe, serves: Callable[[str], bool] = lambda _name: True
    ) -> None:
        """`serves` says of a kernel whether it served at the last look."""
        self._serves = serves
        self._kernels = kernels
        self._probe = probe
        self._known = {name: _Asked() for name in kernels}
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        self._closed = threading.Event()
        self._threads = Daemons("kernel-test")

    def turn(self, now: float) -> None:
        """Collect answers, and ask those whose time has come."""
        for name, one in self._known.items():
            if one.running is not None and one.running.done():
                one.found, one.found_for, one.running = one.running.result(), one.asked, None
            if one.running is None and now - one.asked >= self._rhythm(name):
                one.asked, one.begun = now, float("inf")
                one.running = self._ask(self._kernels[name], one)

    def _rhythm(self, name: str) -> float:
        kernel = self._kernels[name]
        calm = all(self._serves(one) for one in (name, *kernel.needs) if one in self._kernels)
        return kernel.every.total_seconds() if calm else EVERY

    def hasten(self, name: str) -> float:
        """Have a kernel asked at the next turn; return the time from which an answer counts as newer."""
        now = time.monotonic()
        one = self._known[name]
        if one.running is None:
            one.asked = float("-inf")
        return now

    def answer(self, name: str, now: float) -> Readiness | None:
        """Return the newest answer, None before the first. A test that does not answer has failed."""
        one = self._known[name]
        silent = now - max(one.asked, one.begun)
        if one.running is not None and silent > SILENT:
            return Unready(f"its self-test has not answered for {silent:.1f} s", late=True)
        return one.found

    def answered_for(self, name: str) -> float:
        """Return when the question of the newest answer was put."""
        return self._known[name].found_for

    def close(self) -> None:
        """Stop asking."""
        self._closed.set()

    def _ask(self, kernel: Kernel, one: _Asked) -> "Future[Readiness]":
        """Begin a test on a thread that the node does not wait for when it ends, whatever it hangs in."""
        answer: Future[Readiness] = Future()

        def test() -> None:
            with self._free:
                one.begun = time.monotonic()
                closed = self._closed.is_set()
                answer.set_result(Unready("the node ends") if closed else examine(kernel, self._probe))

        self._threads.start(test)
        return answer
