"""Starting Python processes by the fork server, and as ever when it cannot."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from grace_workers.adapters.process import fork_server
from grace_workers.adapters.process.spawn import Command, Process, output_of, spawn

_LOADED_WITHIN = 30.0
_ANSWERS_WITHIN = 2.0
# The server says how a process ended right after the kernel says that it did.
_TOLD_WITHIN = 1.0
# A process of a server that is gone was killed with it; nobody else may ask the kernel how it ended.
_UNTOLD = -int(signal.SIGKILL)
_MOST_STARTS = 3
_LONGEST_LOOK = 0.1

log = structlog.get_logger()


class Forking:
    """Starts processes for one node. Safe to share between threads; `close` it when they have ended."""

    def __init__(self, modules: Sequence[str], log_file: Path) -> None:
        """`modules` are loaded before the first fork; none of them may be run as a program itself."""
        self._modules = tuple(modules)
        self._log_file = log_file
        self._lock = threading.Lock()
        self._line: _Line | None = None
        self._lost: list[_Line] = []
        self._starts = 0

    def begin(self) -> None:
        """Start the server and let it load; the first process waits for that."""
        with self._lock:
            self._begin()

    def start(self, command: Command, inherits: Mapping[str, int]) -> Process:
        """Start a command like `spawn`: by the server when it is `python -m`, by executing it when not or refused.

        Raises:
            OSError: its log cannot be opened, or executing it failed too.
        """
        if not _is_module(command):
            return spawn(command, inherits)
        with self._lock:
            line = self._line
        if line is not None:
            try:
                return line.order(command, inherits)
            except (OSError, _NotServedError) as error:
                log.warning("fork_server_lost", why=str(error), log=str(self._log_file))
                self._renew(line)
        return spawn(command, inherits)

    def close(self) -> None:
        """End the server, and those that were lost, and with them whatever they forked."""
        with self._lock:
            for line in (*self._lost, *([self._line] if self._line is not None else [])):
                line.close()
            self._line, self._lost = None, []

    def _renew(self, lost: "_Line") -> None:
        """Start a new server beside the lost one, whose processes may live on."""
        with self._lock:
            if self._line is lost:
                self._lost.append(lost)
                self._line = None
                self._begin()

    def _begin(self) -> None:
        if self._starts < _MOST_STARTS:
            self._starts += 1
            try:
                self._line = _Line(self._modules, self._log_file)
            except OSError as error:
                log.warning("fork_server_not_started", why=str(error))


class _NotServedError(Exception):
    """The server did not fork what it was asked for."""


class _Line:
    """One server and the channel to it."""

    def __init__(self, modules: Sequence[str], log_file: Path) -> None:
        self._lock = threading.Lock()
        self._ended: dict[int, int] = {}
        self._loaded = False
        self._open = True
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            argv = [sys.executable, "-m", fork_server.__name__, *modules]
            env = {**os.environ, "PYTHONUNBUFFERED": "1"}
            self._process = spawn(Command(argv=argv, log=log_file, env=env), {fork_server.VARIABLE: theirs.fileno()})

    def order(self, command: Command, inherits: Mapping[str, int]) -> "Forked":
        """Have a process forked. Raises OSError or _NotServedError when that did not happen."""
        told = {
            "argv": list(command.argv),
            "env": dict(os.environ if command.env is None else command.env),
            "inherits": list(inherits),
            "death_signal": int(command.death_signal),
        }
        with self._lock:
            self._await_loaded()
            output = output_of(command)
            try:
                socket.send_fds(self._channel, [json.dumps(told).encode()], [output, *inherits.values()])
            finally:
                os.close(output)
            answer = self._answer({"started", "refused"}, within=_ANSWERS_WITHIN)
        if "refused" in answer:
            raise _NotServedError(f"the fork server refused: {answer['refused']}")
        return Forked(int(answer["started"]), self)

    def status_of(self, pid: int) -> int | None:
        """Return how a process ended, None when that is not told."""
        with self._lock:
            self._read(0.0)
            return self._ended.pop(pid, None)

    @property
    def is_open(self) -> bool:
        """Whether the server may still tell something."""
        return self._open

    def close(self) -> None:
        """End the server at once."""
        with self._lock:
            self._open = False
            self._channel.close()
            self._process.kill()
            self._process.wait()

    def _await_loaded(self) -> None:
        if not self._loaded:
            self._answer({"ready"}, within=_LOADED_WITHIN)
            self._loaded = True

    def _answer(self, wanted: set[str], *, within: float) -> Mapping[str, str | int]:
        """Return the next message of a kind that is wanted; others are heeded on the way."""
        deadline = time.monotonic() + within
        while self._open and (left := deadline - time.monotonic()) > 0:
            told = self._read(left, wanted)
            if told is not None:
                return told
        raise _NotServedError(f"the fork server {'has not answered in time' if self._open else 'has ended'}")

    def _read(self, within: float, wanted: set[str] = frozenset()) -> Mapping[str, str | int] | None:  # type: ignore[assignment]
        """Take what has come, until a message that is wanted or for so long."""
        while self._open and select.select([self._channel], [], [], within)[0]:
            try:
                packet = self._channel.recv(fork_server.LARGEST)
            except ConnectionResetError:
                packet = b""
            if not packet:
                self._open = False
                return None
            told: Mapping[str, str | int] = json.loads(packet)
            if "ended" in told:
                self._ended[int(told["ended"])] = int(told["status"])
            elif wanted & told.keys():
                return told
            within = 0.0
        return None


class Forked:
    """A process that the server forked; what `subprocess.Popen` is for one that was executed."""

    def __init__(self, pid: int, line: _Line) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._line = line
        self._gone_since: float | None = None
        try:
            # By the descriptor no signal reaches another process that got the number later.
            self._handle: int | None = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle = None

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        if self.returncode is None:
            self.returncode = self._look()
            if self.returncode is not None and self._handle is not None:
                os.close(self._handle)
                self._handle = None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired when it has not ended in so many seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            if self._handle is not None and self._gone_since is None:
                select.select([self._handle], [], [], _LONGEST_LOOK)
            else:
                time.sleep(_LONGEST_LOOK / 10)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None and self._handle is not None:
            try:
                signal.pidfd_send_signal(self._handle, number)
            except ProcessLookupError:
                return

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _look(self) -> int | None:
        code = self._line.status_of(self.pid)
        if code is not None or not self._is_gone():
            return code
        now = time.monotonic()
        self._gone_since = self._gone_since or now
        waits = self._line.is_open and now - self._gone_since < _TOLD_WITHIN
        return None if waits else _UNTOLD

    def _is_gone(self) -> bool:
        return self._handle is None or bool(select.select([self._handle], [], [], 0)[0])


def _is_module(command: Command) -> bool:
    return list(command.argv[:2]) == [sys.executable, "-m"] and command.cwd is None and command.identity is None
