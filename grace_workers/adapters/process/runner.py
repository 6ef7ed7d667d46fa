"""The thread that keeps one child running."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from grace_workers.adapters.process.child import Child, ChildState, ChildStatus
from grace_workers.adapters.process.logfile import last_words, trim
from grace_workers.adapters.process.selftest import SelfTest
from grace_workers.adapters.process.spawn import Command, spawn
from grace_workers.foundation.backoff import backoff
from grace_workers.foundation.errors import GraceError

_LOOK = 0.05
_EARLY_TEST = 0.1
_TEST = 2.0
_FORGIVES = 5.0
_FIRST_WAIT = timedelta(milliseconds=100)
_LONGEST_WAIT = timedelta(seconds=10)

Report = Callable[[ChildStatus], None]


class ChildRunner:
    """Starts the child when its needs are met, restarts it whenever it ends, and stops it on request."""

    def __init__(
        self, child: Child, *, needs_met: Callable[[], bool], report: Report, fell: Callable[[Sequence[str]], None]
    ) -> None:
        self.child = child
        self.ready_once = threading.Event()
        self.early_exits = 0
        self._needs_met = needs_met
        self._report = report
        self._fell = fell
        self._stopping = threading.Event()
        self._hurrying = False
        self._process: subprocess.Popen[bytes] | None = None
        self._state = ChildState.WAITING
        self._restarts = 0
        self._failures = 0
        self._took: float | None = None
        self._trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"child-{child.name}", daemon=True)

    @property
    def status(self) -> ChildStatus:
        """How the child is doing now."""
        process = self._process
        return ChildStatus(
            name=self.child.name,
            state=self._state,
            pid=process.pid if process is not None and process.returncode is None else None,
            restarts=self._restarts,
            took=self._took,
            trouble=self._trouble,
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the child to stop; `join` waits for it."""
        self._stopping.set()

    def hurry(self) -> None:
        """Skip the polite part of a stop. Only sets a flag, so a signal may call it at any moment."""
        self._hurrying = True

    def kill(self) -> None:
        """End the child now, group and all; it is started anew like any that ends."""
        process = self._process
        if process is not None and process.poll() is None:
            _kill_group(process.pid)

    def join(self) -> None:
        """Wait until the child has ended."""
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                if self._needs_met():
                    self._one_life()
                else:
                    self._stopping.wait(_LOOK)
        finally:
            self.kill()
            self._enter(ChildState.STOPPED)

    def _one_life(self) -> None:
        began = time.monotonic()
        self._enter(ChildState.STARTING)
        try:
            command = self.child.command()
            process = spawn(command)
        except (OSError, GraceError) as error:
            self._rest(f"cannot start: {error}")
            return
        self._process = process
        self._watch(process, command, began)
        if self._stopping.is_set():
            self._end(process)
            return
        _kill_group(process.pid)
        self._fell(self.child.fells.get(process.returncode, ()))
        # A crash loop is slowed down; a child that lived has its failures forgiven, one for each while of life.
        self._failures = max(0, self._failures - int((time.monotonic() - began) // _FORGIVES))
        self._rest(f"ended with {_ending(process.returncode)}: {last_words(command.log)}")

    def _watch(self, process: subprocess.Popen[bytes], command: Command, began: float) -> None:
        """Return when the process has ended or is to be stopped; meanwhile test it."""
        test = SelfTest(self.child.ready)
        next_test = 0.0
        while process.poll() is None and not self._stopping.is_set():
            now = time.monotonic()
            if now >= next_test:
                test.ask()
                next_test = now + (_EARLY_TEST if self._state is ChildState.STARTING else _TEST)
                if command.log is not None:
                    trim(command.log)
            self._heed(test, began)
            self._stopping.wait(_LOOK)

    def _heed(self, test: SelfTest, began: float) -> None:
        passed = test.answer()
        if passed:
            if self._state is ChildState.STARTING:
                self._took = time.monotonic() - began
            self.ready_once.set()
            self._enter(ChildState.READY)
        elif passed is False:
            self._trouble = test.trouble or self._trouble
            if self._state is ChildState.READY:
                self._enter(ChildState.UNREADY)

    def _rest(self, trouble: str) -> None:
        self._trouble = trouble
        self._failures += 1
        self._restarts += 1
        if not self.ready_once.is_set():
            self.early_exits += 1
        self._enter(ChildState.BACKING_OFF)
        self._stopping.wait(backoff(self._failures, base=_FIRST_WAIT, cap=_LONGEST_WAIT).total_seconds())

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        for step in self.child.stop:
            if self._hurrying or process.poll() is not None:
                break
            process.send_signal(step.signal)
            self._await_end(process, step.seconds)
        _kill_group(process.pid)
        process.wait()

    def _await_end(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline and not self._hurrying:
            time.sleep(_LOOK)

    def _enter(self, state: ChildState) -> None:
        if state is not self._state:
            self._state = state
            self._report(self.status)


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code} ({signal.strsignal(-code)})"
