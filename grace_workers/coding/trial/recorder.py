"""A pytest plugin that records the suite as it is: what is collected, how each test ends, which lines it executes."""

import signal
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from .channel import Channel
from .failure import told
from .spectrum import Hits, Spectrum
from .timeout import out_of_time

_SHORTEST, _KNOWN, _WAITING = 0.2, 0.1, 4
_AGAIN = 0.5


class Recorder:
    """Sends an event for each collected test and for the end of each.

    A test that hangs takes a third of what is left of `allowance`, so that many of them cannot use up the budget; the
    other cases of the same test function are soon given up after that.
    """

    def __init__(self, start: dict[str, Any], channel: Channel) -> None:
        self._channel = channel
        self._root = Path(start["root"])
        self._spectrum = Spectrum(self._root, start["files"]) if start["files"] else None
        self._trace_left = float(start["trace_seconds"])
        self._allowance = float(start["allowance"])
        self._hanging = frozenset(start["hanging"])
        self._endless: set[str] = set()
        self._known: dict[tuple[tuple[str, tuple[int, ...]], ...], int] = {}
        self._began = 0.0
        self._hung = self._running = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Report what is collected, in its order."""
        self._channel.send({"event": "collected", "ids": [item.nodeid for item in session.items]})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Report what could not be collected, and why."""
        if report.failed:
            failure = {"message": str(report.longrepr)[-2000:], "frames": _frames_in(str(report.longrepr), self._root)}
            self._channel.send({"event": "uncollected", "id": report.nodeid, **failure})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Run the body of a test under its limit, and under the trace while there is time for one."""
        limit = self._limit(item.nodeid)
        # Processor time, because a busy machine must not make a test count as hanging; and a larger wall time, for one
        # that only waits.
        timers = (signal.SIGPROF, signal.ITIMER_PROF, limit), (signal.SIGALRM, signal.ITIMER_REAL, _WAITING * limit)
        for number, timer, seconds in timers:
            signal.signal(number, self._out_of_time)
            signal.setitimer(timer, seconds, _AGAIN)
        self._began, self._hung, self._running = time.process_time(), False, True
        if self._spectrum is not None and self._trace_left > 0:
            self._spectrum.begin(min(limit / 2, max(0.5, self._trace_left / 8), self._trace_left))
        try:
            yield
        finally:
            self._running = False
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            hits = self._spectrum.end() if self._spectrum is not None else {}
            took = time.process_time() - self._began
            self._trace_left -= took
            if self._hung:
                self._allowance -= limit
                self._endless.add(_function(item.nodeid))
            item.stash[_TOOK] = (took, hits, self._hung)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Report how a phase of a test ended, unless it is a set-up or teardown that succeeded; or a subtest of it."""
        report: Any = yield
        if report.when == "call" or report.outcome != "passed":
            took, hits, hung = item.stash.get(_TOOK, (0.0, {}, False))
            if self._running:
                took, hits, hung = 0.0, self._spectrum.taken() if self._spectrum is not None else {}, False
            event = {"event": "test", "id": item.nodeid, "phase": report.when, "outcome": _outcome(report)}
            failure = told(call.excinfo, self._root) if report.failed and call.excinfo is not None else {}
            self._channel.send({**event, "seconds": took, "hung": hung, "part": self._running,
                                "hits": self._compact(hits), **failure})  # fmt: skip
        return report

    def _out_of_time(self, number: int, frame: FrameType | None) -> None:
        self._hung = True
        out_of_time(number, frame)

    def _limit(self, nodeid: str) -> float:
        # Half of what it was given at least, so that what ends in time now ended then under the trace.
        if nodeid in self._hanging:
            return _KNOWN
        if _function(nodeid) in self._endless:
            return _SHORTEST
        return max(_SHORTEST, self._allowance / 3)

    def _compact(self, hits: Hits) -> dict[str, list[int]] | int:
        """Return the lines, or the number of the earlier test that executed the same ones."""
        key = tuple(sorted((name, tuple(sorted(lines))) for name, lines in hits.items()))
        if key in self._known:
            return self._known[key]
        self._known[key] = len(self._known)
        return {name: list(lines) for name, lines in key}


_TOOK = pytest.StashKey[tuple[float, Hits, bool]]()


def _function(nodeid: str) -> str:
    return nodeid.partition("[")[0]


def _outcome(report: pytest.TestReport) -> str:
    return "xfailed" if report.skipped and hasattr(report, "wasxfail") else report.outcome


def _frames_in(text: str, root: Path) -> list[list[Any]]:
    """Return the places below `root` that a printed traceback names, outermost first."""
    found = []
    for row in text.splitlines():
        place = row.split(":", 2)
        if place[1:] and place[1].isdigit() and (root / place[0].strip()).is_file():
            found.append([place[0].strip(), int(place[1])])
    return found
