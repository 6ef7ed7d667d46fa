"""The connection to one fork server: gives it orders, and receives how its processes end."""

import json
import os
import queue
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psutil

from grace_workers.adapters.process import fork_server
from grace_workers.adapters.process.spawn import UNTOLD, Command, module_argv, output_of, spawn

# Long for a healthy server, and for one that must compete for a processor.
_ANSWERS_WITHIN = 4.0
# The server reports how a process ended right after the kernel does, unless it is stopped or starved.
_TOLD_WITHIN, _TOLD_WITHIN_IF_STOPPED = 10.0, 1.0
_LONGEST_STEP = 0.15
_STOPPED = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP})
_LOOK = 0.1

Answer = Mapping[str, int | str]


class NotServedError(Exception):
    """The server did not fork the requested process."""


class ForkServerProcess(Protocol):
    """The process of a server."""

    pid: int

    def kill(self) -> None:
        """End it at once."""
        ...

    def wait(self) -> int:
        """Wait for its end."""
        ...


def executed(modules: Sequence[str], log_file: Path) -> Callable[[socket.socket], ForkServerProcess]:
    """Return the command of a server that loads these modules by itself."""

    def start(theirs: socket.socket) -> ForkServerProcess:
        argv = module_argv(fork_server.__name__, *modules)
        env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        return spawn(Command(argv=argv, log=log_file, env=env), {fork_server.VARIABLE: theirs.fileno()})

    return start


class Split:
    """A server that is forked from this process, which must have no other threads, and shares what it has loaded."""

    def __init__(self, theirs: socket.socket) -> None:
        """Fork it. Raises OSError; and `fork_server.NewProcess` in each process that the server forks later."""
        here = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            fork_server.serve_from_here(theirs, here)

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait for its end."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class ForkLine:
    """One server, started here. A thread reads from it, so no question to it waits for another."""

    def __init__(self, start: Callable[[socket.socket], ForkServerProcess]) -> None:
        """Start the server. Raises OSError when that fails, or when this system gives no descriptors of processes."""
        os.close(os.pidfd_open(os.getpid()))
        self._turn = threading.Lock()
        self._known = threading.Lock()
        self._ended: dict[int, int] = {}
        self._living: set[int] = set()
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._loaded = threading.Event()
        self._lost = threading.Event()
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = start(theirs)
        self._thread = threading.Thread(target=self._hear, name="fork-server", daemon=True)
        self._thread.start()

    @property
    def is_loading(self) -> bool:
        """Whether it is still loading what it is to share."""
        return not (self._loaded.is_set() or self._lost.is_set())

    @property
    def is_lost(self) -> bool:
        """Whether it has ended, or once gave no answer: it is not asked again."""
        return self._lost.is_set()

    @property
    def is_heard(self) -> bool:
        """Whether it may still report something."""
        return self._thread.is_alive()

    @property
    def is_stopped(self) -> bool:
        """Whether its process is stopped."""
        try:
            return psutil.Process(self._process.pid).status() in _STOPPED
        except psutil.NoSuchProcess:
            return False

    @property
    def has_living(self) -> bool:
        """Whether one of its processes lives, as far as is known."""
        with self._known:
            return bool(self._living)

    def wait_loaded(self, within: float) -> None:
        """Wait until it has loaded, at most this many seconds."""
        self._loaded.wait(within)

    def write_to(self, log_file: Path) -> None:
        """Have the server write its own messages to this file. Raises OSError when it cannot be opened."""
        output = output_of(Command(argv=(), log=log_file))
        try:
            with self._turn, suppress(OSError):
                # The next order finds out whether it is there.
                socket.send_fds(self._channel, [fork_server.LOG], [output])
        finally:
            os.close(output)

    def give_up(self) -> None:
        """Stop asking it; it still reports how its processes end."""
        self._lost.set()

    def order(self, command: Command, output: int, inherits: Mapping[str, int]) -> "Forked":
        """Have a process forked. Raises OSError or NotServedError when it was not, and then it never will be.

        `is_lost` tells whether the server is the cause.
        """
        with self._turn, _written(command, inherits) as body:
            if self.is_lost:
                raise NotServedError("the fork server is lost")
            waiting, begin = os.pipe2(os.O_CLOEXEC)
            try:
                self._send([body, output, waiting, *inherits.values()])
                forked = Forked(self._started(), self)
                os.write(begin, b"1")
            finally:
                os.close(waiting)
                # Closing it without a byte tells the process that no one waits for it.
                os.close(begin)
            return forked

    def status_of(self, pid: int) -> int | None:
        """Return how a process ended, None while that is unknown."""
        with self._known:
            return self._ended.get(pid)

    def close(self) -> None:
        """End the server at once, and with it everything it forked."""
        self._lost.set()
        self._process.kill()
        self._process.wait()
        self._thread.join()
        self._channel.close()

    def _send(self, descriptors: Sequence[int]) -> None:
        try:
            socket.send_fds(self._channel, [fork_server.ORDER], descriptors)
        except OSError as error:
            self.give_up()
            raise NotServedError(f"the fork server cannot be reached: {error}") from error

    def _started(self) -> int:
        """Return the number of the process that was ordered."""
        try:
            answer = self._answers.get(timeout=_ANSWERS_WITHIN)
        except queue.Empty:
            self.give_up()
            raise NotServedError("the fork server did not answer in time") from None
        if "started" not in answer:
            raise NotServedError(f"the fork server refused: {answer.get('refused', 'it has ended')}")
        return int(answer["started"])

    def _hear(self) -> None:
        """Process the server's messages until it has ended."""
        while packet := self._packet():
            told: Answer = json.loads(packet)
            if "ready" in told:
                self._loaded.set()
            elif "ended" in told:
                with self._known:
                    self._living.discard(int(told["ended"]))
                    self._ended[int(told["ended"])] = int(told["status"])
            else:
                if "started" in told:
                    with self._known:
                        self._living.add(int(told["started"]))
                        # An earlier process with that pid.
                        self._ended.pop(int(told["started"]), None)
                self._answers.put(told)
        self._lost.set()
        self._loaded.set()
        with self._known:
            self._living.clear()
        self._answers.put({})

    def _packet(self) -> bytes:
        with suppress(ConnectionResetError):
            return self._channel.recv(fork_server.LARGEST_ANSWER)
        return b""


@contextmanager
def _written(command: Command, inherits: Mapping[str, int]) -> Iterator[int]:
    """Return the descriptor of an order. It is in memory, because an environment may be larger than a packet."""
    told = {
        "argv": list(command.argv),
        "env": dict(os.environ if command.env is None else command.env),
        "inherits": list(inherits),
        "death_signal": int(command.death_signal),
    }
    with os.fdopen(os.memfd_create("order", os.MFD_CLOEXEC), "wb") as body:
        body.write(json.dumps(told).encode())
        body.flush()
        yield body.fileno()


class Forked:
    """A process that a server forked: the counterpart of `subprocess.Popen` for an executed one. Thread-safe."""

    def __init__(self, pid: int, line: ForkLine) -> None:
        """Open its descriptor. Raises OSError when that is refused."""
        self.pid = pid
        self.returncode: int | None = None
        self._line = line
        self._turn = threading.RLock()
        self._silent = 0.0
        self._looked: float | None = None
        self._handle: int | None = None
        # Through the descriptor no signal reaches another process that got the pid later.
        with suppress(ProcessLookupError):
            self._handle = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Return how it ended, None while it runs; UNTOLD when its server cannot report it."""
        with self._turn:
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
            time.sleep(_LOOK / 10)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        with self._turn:
            if self.poll() is None and self._handle is not None:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._handle, number)

    def end_group(self) -> None:
        """Kill what is left of its group, itself included; a server that reports an end has done that before."""
        with self._turn:
            if self.poll() in {None, UNTOLD}:
                with suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)

    def _look(self) -> int | None:
        # In this order, because the last report before it went silent counts.
        gone, heard = self._is_gone(), self._line.is_heard
        code = self._line.status_of(self.pid)
        if code is not None or not gone:
            return code
        # Time advances in steps of at most this much, because the server cannot report anything during a freeze of our
        # own.
        before, self._looked = self._looked, time.monotonic()
        self._silent += 0.0 if before is None else min(self._looked - before, _LONGEST_STEP)
        patience = _TOLD_WITHIN_IF_STOPPED if self._line.is_stopped else _TOLD_WITHIN
        return None if heard and self._silent < patience else UNTOLD

    def _is_gone(self) -> bool:
        if self._handle is None:
            return True
        seen = select.poll()
        seen.register(self._handle, select.POLLIN)
        return bool(seen.poll(0))
