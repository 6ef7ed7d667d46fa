"""Keeps the child processes of a node running: starts them by need, restarts them, stops them all in time."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from grace_workers.adapters.process.child import Child
from grace_workers.adapters.process.runner import ChildRunner
from grace_workers.adapters.process.spawn import StartCommand, spawn
from grace_workers.fleet import ProcessState, ProcessStatus
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, PermanentError, TransientError

_EARLY_EXITS = 3
_LOOK = 0.05


class Supervisor:
    """Supervises child processes. Each is in its own process group and dies with this process, however that dies."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        report: Callable[[ProcessStatus], None] | None = None,
        start: StartCommand = spawn,
    ) -> None:
        """`report` is called at every change; `start` starts the processes."""
        self._check(children)
        self._lock = threading.Lock()
        self._listener = report
        self._runners = {
            child.name: ChildRunner(
                child, needs_met=self._needs_of(child), report=self._report, fell=self.kill, start=start
            )
            for child in children
        }
        self._begun: set[str] = set()

    @property
    def states(self) -> Mapping[str, ProcessStatus]:
        """The state of each child, in the order given."""
        return {name: runner.status for name, runner in self._runners.items()}

    def is_ready(self) -> bool:
        """Whether every child passed its last self-test."""
        return all(status.state is ProcessState.READY for status in self.states.values())

    def start(self, names: Sequence[str] | None = None) -> None:
        """Start these children, or all; each waits for its needs. One that was started before is left alone."""
        for name in self._runners if names is None else names:
            if name not in self._begun:
                self._begun.add(name)
                self._runners[name].start()

    def wait_ready(self, names: Sequence[str] | None = None, *, within: float) -> None:
        """Wait until each of these children, or all, has been ready once.

        Raises:
            PermanentError: a child keeps ending before it is ready; the message has the end of its log.
            TransientError: not all were ready within that many seconds; the message names them.
        """
        deadline = time.monotonic() + within
        awaited = [self._runners[name] for name in (self._runners if names is None else names)]
        while late := [runner for runner in awaited if not runner.ready_once.is_set()]:
            for runner in late:
                if runner.early_exits >= _EARLY_EXITS:
                    raise PermanentError(f"{runner.child.name} cannot start: {runner.status.trouble}")
            if time.monotonic() > deadline:
                raise TransientError(f"not ready within {within:g} s: {_names(late)}")
            time.sleep(_LOOK)

    def stop(self, names: Sequence[str] | None = None, *, at_once: bool = False) -> None:
        """Stop these children, or all, for good and wait; dependants end first.

        With `at_once` skip the polite part.
        """
        if at_once:
            self.hurry()
        left = {name: self._runners[name] for name in (self._runners if names is None else names)}
        while left:
            needed = {need for runner in left.values() for need in runner.child.needs}
            wave = [runner for name, runner in left.items() if name not in needed]
            for runner in wave:
                runner.stop()
            for runner in wave:
                runner.join()
                del left[runner.child.name]

    def hurry(self) -> None:
        """Shorten a running `stop`: every child that was asked to stop is killed at once."""
        for runner in self._runners.values():
            runner.hurry()

    def kill(self, names: Sequence[str]) -> None:
        """Kill these children now; they restart."""
        for name in names:
            self._runners[name].kill()

    def pause(self, name: str, *, key: str = "order", why: str, within: float = 15.0) -> None:
        """End a child politely and keep it stopped until `resume` with the same key; its dependants end first.

        Raises:
            NotFoundError: there is no such child.
            TransientError: it has not ended within that many seconds; it still will.
        """
        self._hold_dependants(name, within=within)
        self._find(name).pause(key, why)
        self._await([name], ProcessState.PAUSED, within=within)

    def resume(self, name: str, *, key: str = "order", within: float = 30.0) -> None:
        """End a pause, and return when the child and its dependants are ready, in this order.

        Raises:
            NotFoundError: there is no such child.
            TransientError: they are not ready within that many seconds; it continues nevertheless.
        """
        runner = self._find(name)
        runner.resume(key)
        if runner.status.paused_for is None:
            self._let_go(name, within=within)

    def restart(self, name: str, *, within: float = 30.0) -> None:
        """End a child politely and restart it; its dependants end before and come back after it, in order.

        Raises:
            NotFoundError: there is no such child.
            ConflictError: it is paused.
            TransientError: it has not ended, or they are not ready, in that many seconds; it continues nevertheless.
        """
        runner = self._find(name)
        if (why := runner.status.paused_for) is not None:
            raise ConflictError(f"{name} is paused ({why}); resume it first")
        try:
            self._hold_dependants(name, within=within)
            began = runner.lives
            runner.restart()
            self._until(lambda: runner.lives > began, [runner], within=within)
        finally:
            self._let_go(name, within=within)

    def dependants(self, name: str) -> Sequence[str]:
        """Return the direct and indirect dependants of that child, in start order."""
        found = {name}
        for other, runner in self._runners.items():
            if found.intersection(runner.child.needs):
                found.add(other)
        return [other for other in self._runners if other in found and other != name]

    def _hold_dependants(self, name: str, *, within: float) -> None:
        for other in reversed(self.dependants(name)):
            self._runners[other].pause(_need(name), f"{name} is down")
            self._await([other], ProcessState.PAUSED, within=within)

    def _let_go(self, name: str, *, within: float) -> None:
        # Each starts only once its own needs are ready, so they come back in order.
        others = self.dependants(name)
        for other in others:
            self._runners[other].resume(_need(name))
        free = [one for one in (name, *others) if self._runners[one].status.paused_for is None]
        self._await(free, ProcessState.READY, within=within)

    def _await(self, names: Sequence[str], state: ProcessState, *, within: float) -> None:
        runners = [self._runners[name] for name in names]
        self._until(lambda: all(runner.status.state is state for runner in runners), runners, within=within)

    def _until(self, met: Callable[[], bool], runners: Sequence[ChildRunner], *, within: float) -> None:
        deadline = time.monotonic() + within
        while not met():
            if time.monotonic() > deadline:
                raise TransientError(f"not done within {within:g} s: {_names(runners)}")
            if ended := [runner for runner in runners if runner.status.state is ProcessState.STOPPED]:
                raise TransientError(f"stopped permanently meanwhile: {_names(ended)}")
            time.sleep(_LOOK)

    def _find(self, name: str) -> ChildRunner:
        if name not in self._runners:
            raise NotFoundError(f"process {name!r} is unknown here; known: {', '.join(self._runners)}")
        return self._runners[name]

    def _needs_of(self, child: Child) -> Callable[[], bool]:
        return lambda: all(self._runners[need].status.state is ProcessState.READY for need in child.needs)

    def _report(self, status: ProcessStatus) -> None:
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
                raise InputError(
                    f"child {child.name!r} needs {sorted(missing)}, which is declared later or not at all; reorder"
                )
            known.add(child.name)
        for child in children:
            felled = {name for names in child.fells.values() for name in names}
            if missing := felled - known:
                raise InputError(f"child {child.name!r} fells {sorted(missing)}, which are not declared; name others")


def _need(name: str) -> str:
    return f"need:{name}"


def _names(runners: Sequence[ChildRunner]) -> str:
    return ", ".join(f"{runner.child.name} ({runner.status.trouble or runner.status.state})" for runner in runners)
