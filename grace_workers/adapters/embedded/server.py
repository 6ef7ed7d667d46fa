"""What the embedded servers share: start and wait until ready, stop politely and then not, a bounded log."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from grace_workers.adapters.process.logfile import last_words, trim
from grace_workers.adapters.process.spawn import Command, spawn
from grace_workers.foundation.errors import PermanentError, TransientError

_EVERY = 0.02


class ServerProcess:
    """One running server process, or none."""

    def __init__(self, name: str, log: Path) -> None:
        self._name = name
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self, command: Command, ready: Callable[[], bool], *, within: float) -> None:
        """Start the server and wait for `ready`.

        Raises:
            PermanentError: it ended instead; the message carries the end of its log.
            TransientError: it was not ready in time.
        """
        trim(self._log)
        self._process = spawn(command)
        deadline = time.monotonic() + within
        while not ready():
            if self._process.poll() is not None:
                raise PermanentError(f"{self._name} ended at start: {last_words(self._log)}")
            if time.monotonic() > deadline:
                self.kill()
                raise TransientError(f"{self._name} was not ready within {within:g} s: {last_words(self._log)}")
            time.sleep(_EVERY)

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self, signals: Sequence[tuple[signal.Signals, float]]) -> None:
        """Send each signal in turn, with the seconds to wait after it, until the process has ended; then kill it."""
        if self._process is None:
            return
        for number, seconds in signals:
            self._process.send_signal(number)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            return
        self.kill()
