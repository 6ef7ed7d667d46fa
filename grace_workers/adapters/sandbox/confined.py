"""A confined program, as the host sees it."""

import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Self

from grace_workers.adapters.sandbox.inside.request import STARTED
from grace_workers.adapters.sandbox.launcher import Launcher, Message
from grace_workers.coding import Ended, ResourceUse, SandboxLimit
from grace_workers.foundation.errors import PermanentError, TransientError

_START_WITHIN = 20.0
_END_WITHIN = timedelta(seconds=10)
_SMALL_OUTPUT = 0.5


class Confined:
    """A started program: three pipes, and an end that includes everything it started.

    `clean_up` is called once, when none of it runs any more.
    """

    def __init__(self, launcher: Launcher, clean_up: Callable[[], None]) -> None:
        """Wait for the program's start.

        Raises:
            PermanentError: it does not start.
        """
        self.stdin, self.stdout, self.stderr = launcher.pipes()
        self._launcher = launcher
        self._lock = threading.Lock()
        self._ended: Ended | None = None
        self._last = weakref.finalize(self, _finish, launcher, clean_up)
        self._begin()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *reason: object) -> None:
        """Kill it, and close its pipes."""
        self.kill()
        self._close()

    def wait(self, timeout: timedelta) -> Ended:
        """Return how it ended.

        Raises:
            TransientError: it has not ended within `timeout`.
            PermanentError: the sandbox itself was killed, and the program with it.
        """
        until = time.monotonic() + timeout.total_seconds()
        # Another thread may wait for longer.
        if not self._lock.acquire(timeout=max(0.0, timeout.total_seconds())):
            raise _not_ended(timeout)
        try:
            if self._ended is None:
                self._ended = _ended(self._hear(until, timeout))
        finally:
            self._lock.release()
        # Its output may still have to be read; what it left behind is removed when the launcher has passed everything
        # on.
        if self._last.alive and self._launcher.has_ended(_SMALL_OUTPUT):
            self._last()
        return self._ended

    def kill(self) -> None:
        """End it and everything that it started; does nothing if it has ended."""
        if not self._last.alive:
            return
        self._launcher.ask_for_the_end()
        # A launcher that does not answer is ended by force.
        with suppress(TransientError, PermanentError):
            self.wait(_END_WITHIN)
        self._last()

    def _begin(self) -> None:
        try:
            first = self._launcher.hear(_START_WITHIN)
        except EOFError:
            self._launcher.process.wait()
            complaint = self.stderr.read().decode(errors="replace").strip()
            self._last()
            self._close()
            raise PermanentError(f"the sandbox does not start: {complaint or 'it says nothing'}") from None
        if first != [STARTED]:
            self._last()
            self._close()
            reason = "it did not start in time" if first is None else first[-1]
            raise PermanentError(f"the sandbox does not start the program: {reason}")

    def _close(self) -> None:
        # Input that was not written before the program ended is lost.
        with suppress(BrokenPipeError):
            self.stdin.close()
        self.stdout.close()
        self.stderr.close()

    def _hear(self, until: float, timeout: timedelta) -> Message:
        try:
            message = self._launcher.hear(until - time.monotonic())
        except (EOFError, OSError) as error:
            raise PermanentError("the sandbox was killed from outside, and the program with it") from error
        if message is None:
            raise _not_ended(timeout)
        return message


def _not_ended(timeout: timedelta) -> TransientError:
    return TransientError(f"the program has not ended within {timeout.total_seconds():g} s")


def _ended(message: Message) -> Ended:
    _, code, signal, limit, cpu, memory, wall = message
    return Ended(
        code=int(code) if code else None,
        signal=int(signal) if signal else None,
        limit=SandboxLimit(limit) if limit else None,
        usage=ResourceUse(cpu=timedelta(seconds=float(cpu)), memory=int(memory), wall=timedelta(seconds=float(wall))),
    )


def _finish(launcher: Launcher, clean_up: Callable[[], None]) -> None:
    launcher.end()
    launcher.close()
    clean_up()
