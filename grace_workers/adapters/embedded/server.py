"""What the embedded servers share: a locked folder, a stable address, one way to start and to stop."""

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from grace_workers.adapters.embedded.place import ServerFolder
from grace_workers.adapters.process.child import Child, StopStep
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
        while not _answers(ready):
            if self._process.poll() is not None:
                raise PermanentError(f"{self._name} exited during its start: {last_words(self._log)}")
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
        """Send each signal in turn, waiting the given seconds after each, until the process has ended; then kill it."""
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


def _answers(ready: Callable[[], bool]) -> bool:
    try:
        return ready()
    except TimeoutError:
        return False


class EmbeddedServer(ABC):
    """One server in its own folder. The same data is served again after any stop or crash."""

    STARTS_WITHIN: float
    STOPS_BY: Sequence[tuple[signal.Signals, float]]

    def __init__(self, data_dir: Path, name: str) -> None:
        self._place = ServerFolder(data_dir, name)
        self._log = self._place.folder / "server.log"
        self._server = ServerProcess(name, self._log)
        self._port = 0
        self._password = ""
        self._occupied: str | None = None

    @abstractmethod
    def prepare(self) -> Command:
        """Prepare the folder for a start, and return the server's command."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Return whether the server answers, even if only that it has too many clients.

        Sets `_occupied` when it lives but cannot be used yet.

        Raises:
            TimeoutError: there is no answer in time.
        """

    @property
    def pid(self) -> int | None:
        """The process id of the server while it runs."""
        return self._server.pid

    def reserve(self) -> None:
        """Take the folder and settle the address, which then stays for the life of this object.

        Raises:
            InputError: the folder cannot be used.
            ConflictError: another node holds the folder.
        """
        self._place.hold()
        if not self._port:
            self._port, self._password = self._place.endpoint()

    def start(self) -> None:
        """Make what is missing, start the server and wait until it answers.

        Raises:
            InputError: the folder cannot be used.
            ConflictError: another node holds the folder.
            PermanentError: the server ended at start.
            TransientError: the server was not ready in time.
        """
        try:
            self._server.start(self.prepare(), self.is_ready, within=self.STARTS_WITHIN)
        except BaseException:
            self._server.kill()
            self.release()
            raise

    def child(self, name: str) -> Child:
        """Return this server as a child for a supervisor, which then starts and stops it; `release` it after."""
        steps = [StopStep(signal=number, seconds=seconds) for number, seconds in self.STOPS_BY]
        return Child(name=name, command=self.prepare, ready=self.is_ready, stop=steps, excuse=lambda: self._occupied)

    def stop(self) -> None:
        """Stop the server cleanly: everything is written, and the folder is released."""
        self._server.stop(self.STOPS_BY)
        self.release()

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would; `start` recovers."""
        self._server.kill()

    def release(self) -> None:
        """Release the folder to another owner. The server must have ended."""
        self._place.release()
