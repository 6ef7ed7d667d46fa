"""Keeps the child processes of a node running: starts them by need, restarts them, stops them all in time."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from grace_workers.adapters.process.child import Child, ChildState, ChildStatus
from grace_workers.adapters.process.runner import ChildRunner
from grace_workers.foundation.errors import InputError, PermanentError, TransientError

_EARLY_EXITS = 3
_LOOK = 0.05


class Supervisor:
    """Supervises child processes. Each is in a process group of its own and dies with this process, however it dies."""

    def __init__(self, children: Sequence[Child], *, report: Callable[[ChildStatus], None] | None = None) -> None:
        self._check(children)
        self._lock = threading.Lock()
        self._listener = report
        self._runners = {
            child.name: ChildRunner(child, needs_met=self._needs_of(child), report=self._report, fell=self.kill)
            for child in children
        }

    @property
    def states(self) -> Mapping[str, ChildStatus]:
        """How each child is doing, in the order given."""
        return {name: runner.status for name, runner in self._runners.items()}

    def is_ready(self) -> bool:
        """Whether every child passed its last self-test."""
        return all(status.state is ChildState.READY for status in self.states.values())

    def start(self) -> None:
        """Start all children; each waits for its needs."""
        for runner in self._runners.values():
            runner.start()

    def wait_ready(self, *, within: float) -> None:
        """Wait until every child has been ready once.

        Raises:
            PermanentError: a child keeps ending before it is ready; the message has the end of its log.
            TransientError: not all were ready within that many seconds; the message names them.
        """
        deadline = time.monotonic() + within
        while late := [runner for runner in self._runners.values() if not runner.ready_once.is_set()]:
            for runner in late:
                if runner.early_exits >= _EARLY_EXITS:
                    raise PermanentError(f"{runner.child.name} cannot start: {runner.status.trouble}")
            if time.monotonic() > deadline:
                raise TransientError(f"not ready within {within:g} s: {_names(late)}")
            time.sleep(_LOOK)

    def stop(self, *, at_once: bool = False) -> None:
        """Stop every child and wait; those that need others end first. With `at_once` skip the polite part."""
        if at_once:
            self.hurry()
        left = dict(self._runners)
        while left:
            needed = {need for runner in left.values() for need in runner.child.needs}
            wave = [runner for name, runner in left.items() if name not in needed]
            for runner in wave:
                runner.stop()
            for runner in wave:
                runner.join()
                del left[runner.child.name]

    def hurry(self) -> None:
        """Cut a running `stop` short: every child that is asked to stop is killed at once."""
        for runner in self._runners.values():
            runner.hurry()

    def kill(self, names: Sequence[str]) -> None:
        """Kill these children now; they start anew."""
        for name in names:
            self._runners[name].kill()

    def _needs_of(self, child: Child) -> Callable[[], bool]:
        return lambda: all(self._runners[need].ready_once.is_set() for need in child.needs)

    def _report(self, status: ChildStatus) -> None:
        if self._listener is not None:
            with self._lock:
                self._listener(status)

    @staticmethod
    def _check(children: Sequence[Child]) -> None:
        known: set[str] = set()
        for child in children:
            if child.name in known:
                raise InputError(f"child {child.name!r} is declared twice; rename one")
            if missing := set(child.needs) - known:
                raise InputError(f"child {child.name!r} needs {sorted(missing)}, declared later or not at all; reorder")
            known.add(child.name)
        for child in children:
            felled = {name for names in child.fells.values() for name in names}
            if missing := felled - known:
                raise InputError(f"child {child.name!r} fells {sorted(missing)}, which are not declared; name others")


def _names(runners: Sequence[ChildRunner]) -> str:
    return ", ".join(f"{runner.child.name} ({runner.status.trouble or runner.status.state})" for runner in runners)
