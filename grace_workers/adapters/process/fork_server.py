"""The fork server: a process without threads that has loaded what a node's processes share, and forks them from itself.

A node forks it from itself before it starts its own threads (`serve_from_here`), so that the two share what is loaded.
When that server is lost, `python -P -m grace_workers.adapters.process.fork_server MODULE ...` runs another, with the
descriptor of its channel in `GRACE_FORK_SERVER`. It loads the modules, reports that, and then turns each order into a
process: this costs milliseconds instead of a second of loading the same code, and the code is in memory once. Such a
process lives and dies like an executed one: in its own group, with the streams, environment, arguments and signals it
would have had, and killed with the server, as the server is with the node.

A packet `log` with one descriptor says where the server's own output goes. An order is one packet of descriptors: a
file of JSON `{"argv", "env", "inherits", "death_signal"}`, where output goes, a pipe, and what the process inherits.
The process begins when a byte comes through the pipe. If the requester gives up or dies first, the process exits before
it runs anything. Each answer is one packet of JSON: `{"ready"}` once, `{"started": pid}` or `{"refused": why}` for each
order, and `{"ended": pid, "status": code}` whenever one ends, with whatever was left of its group; the code is negative
for a signal.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import NoReturn

from setproctitle import setproctitle

from grace_workers.adapters.process.launch import tie
from grace_workers.adapters.process.spawn import module_argv, module_of

VARIABLE = "GRACE_FORK_SERVER"
LARGEST_ANSWER = 4096
ORDER, LOG = b"order", b"log"
_MOST_DESCRIPTORS = 8
# From <malloc.h>.
_ARENA_MAX = -8
# It ends with its channel or its node. A signal that asks a whole tree to stop is for processes that can stop politely.
_UNHEEDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_KEPT = (*_UNHEEDED, signal.SIGCHLD)
_Handler = Callable[[int, FrameType | None], object] | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkRequest:
    """One process to fork: `argv` is that of a module, and `inherits` names its descriptors by variable."""

    argv: Sequence[str]
    env: Mapping[str, str]
    output: int
    begin: int
    inherits: Mapping[str, int]
    death_signal: int

    @classmethod
    def read(cls, body: int, output: int, begin: int, *inherited: int) -> "ForkRequest":
        """Return the order that came with these descriptors."""
        told = json.loads(os.pread(body, os.fstat(body).st_size, 0))
        return cls(
            argv=told["argv"],
            env=told["env"],
            output=output,
            begin=begin,
            inherits=dict(zip(told["inherits"], inherited, strict=True)),
            death_signal=told["death_signal"],
        )


class NewProcess(BaseException):
    """Raised in a process that the server has forked, to leave all of the server's frames; call `run` as the last act.

    Not an Exception, so that nothing on the way treats it as a failure.
    """

    def __init__(self, order: ForkRequest) -> None:
        super().__init__()
        self._order = order

    def run(self) -> None:
        """Become what was ordered."""
        become(self._order)


class Server:
    """Serves one channel, until its other end is closed."""

    def __init__(self, channel: socket.socket, earlier: Mapping[int, _Handler]) -> None:
        """`earlier` is how signals were handled before, which each new process restores."""
        self._channel = channel
        self._earlier = earlier
        self._woken, self._waking = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(self._waking)
        # What a handler does is irrelevant, but without one the signal wakes no one.
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def serve(self) -> ForkRequest | None:
        """Fork for every order. Returns in each new process its order, and None in the server when it is to end."""
        self._say(ready=os.getpid())
        heard = select.poll()
        for one in (self._channel.fileno(), self._woken):
            heard.register(one, select.POLLIN)
        while True:
            ready = {one for one, _ in heard.poll()}
            if self._woken in ready:
                self._reap()
            if self._channel.fileno() in ready:
                packet, descriptors, flags, _ = socket.recv_fds(self._channel, LARGEST_ANSWER, _MOST_DESCRIPTORS)
                if not packet:
                    return None
                if packet == LOG:
                    _write_to(*descriptors)
                    continue
                order = None if flags & socket.MSG_CTRUNC else ForkRequest.read(*descriptors)
                if order is not None and self._forked(order):
                    os.close(descriptors[0])
                    return order
                if order is None:
                    self._say(refused="descriptors were lost in transit")
                for one in descriptors:
                    os.close(one)

    def _forked(self, order: ForkRequest) -> bool:
        """Fork, and return whether this is the new process."""
        server = os.getpid()
        # A signal that arrives before the process has set up its own handling waits until it has.
        signal.pthread_sigmask(signal.SIG_BLOCK, _UNHEEDED)
        try:
            pid = os.fork()
            if pid == 0:
                self._become_free(server, order)
        except OSError as error:
            self._say(refused=str(error))
            return False
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _UNHEEDED)
        if pid == 0:
            return True
        # The process itself does this too, because a process that knows its pid may end its group at once.
        with suppress(OSError):
            os.setpgid(pid, pid)
        self._say(started=pid)
        return False

    def _become_free(self, server: int, order: ForkRequest) -> None:
        """Drop what belongs to the server: its group, its signals and its descriptors. Exits if no one waits for it."""
        try:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            for number, heeded in self._earlier.items():
                signal.signal(number, heeded)
            self._channel.close()
            os.close(self._woken)
            os.close(self._waking)
            tie(server, order.death_signal)
            begun = os.read(order.begin, 1)
            os.close(order.begin)
        except OSError as error:
            sys.stderr.write(f"fork server: {error}\n")
            os._exit(1)
        if not begun:
            os._exit(0)

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            while os.read(self._woken, LARGEST_ANSWER):
                continue
        with suppress(ChildProcessError):
            while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                # As long as it is not reaped, its pid and its group's id are not reused.
                with suppress(ProcessLookupError):
                    os.killpg(found.si_pid, signal.SIGKILL)
                _, status = os.waitpid(found.si_pid, 0)
                self._say(ended=found.si_pid, status=os.waitstatus_to_exitcode(status))

    def _say(self, **told: int | str) -> None:
        # No one is left to read this when the node has ended; then our own death signal is on its way too.
        with suppress(BrokenPipeError):
            self._channel.send(json.dumps(told).encode())


def serve_from_here(channel: socket.socket, parent: int) -> NoReturn:
    """Be the server in this process, which `parent` has just forked from itself.

    Raises:
        NewProcess: this is a process that the server has forked; let it out of every frame, and `run` it.
    """
    try:
        os.setpgid(0, 0)
        tie(parent, signal.SIGKILL)
        _keep_only({0, 1, 2, channel.fileno()})
        setproctitle(" ".join(module_argv(__name__)))
        order = Server(channel, _unheeding()).serve()
    except OSError as error:
        sys.stderr.write(f"fork server: {error}\n")
        os._exit(1)
    if order is None:
        os._exit(0)
    raise NewProcess(order)


def load(modules: Sequence[str], afterwards: Callable[[], object] = lambda: None) -> None:
    """Import the modules, and keep them out of the garbage collector's way, so that their memory stays shared.

    `afterwards` is for what looks at every module: each page that a process looks at becomes its own after the fork.

    Raises:
        RuntimeError: one of them started a thread; a process with threads cannot be forked safely.
    """
    gc.disable()
    for name in modules:
        importlib.import_module(name)
        if (threads := sum(1 for _ in Path("/proc/self/task").iterdir())) > 1:
            raise RuntimeError(
                f"{name} starts {threads - 1} threads when it is imported, so nothing can be forked after it"
            )
    afterwards()
    gc.collect()
    gc.freeze()
    gc.enable()
    share_one_arena()


def share_one_arena() -> None:
    """Let all threads of this process, and of those forked from it, allocate from the same memory.

    The C library gives each thread memory of its own, up to eight times the number of processors, so that they do not
    wait for each other; Python's interpreter lock lets only one of them allocate anyway.
    """
    limit = getattr(ctypes.CDLL(None), "mallopt", None)
    # Only glibc has such memory, and this name.
    if limit is not None:
        limit(_ARENA_MAX, 1)


def become(order: ForkRequest) -> None:
    """Run what was ordered in this new process, as if the interpreter had been started with it."""
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    _write_to(order.output)
    if nowhere != 0:
        os.close(nowhere)
    # The server may have had other streams, and another hook for uncaught exceptions.
    sys.stdout, sys.stderr = (open(number, "w", buffering=1, closefd=False) for number in (1, 2))  # noqa: SIM115
    sys.excepthook = sys.__excepthook__
    os.environ.clear()
    os.environ.update({**order.env, **{name: str(number) for name, number in order.inherits.items()}})
    setproctitle(" ".join(order.argv))
    module, *arguments = module_of(order.argv)
    # What runs may re-execute itself from its arguments, even after its end here.
    sys.argv = [_file_of(module), *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _write_to(output: int) -> None:
    """Let this process write there instead, and close the descriptor."""
    for target in (1, 2):
        os.dup2(output, target)
    if output not in {0, 1, 2}:
        os.close(output)


def _keep_only(kept: Collection[int]) -> None:
    for one in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        # The descriptor that lists them is among them, and closed by now.
        if one not in kept:
            with suppress(OSError):
                os.close(one)


def _unheeding() -> Mapping[int, _Handler]:
    """Ignore requests to stop from now on, and return how signals were handled before."""
    earlier: dict[int, _Handler] = {number: signal.getsignal(number) for number in _KEPT}
    for number in _UNHEEDED:
        signal.signal(number, signal.SIG_IGN)
    return earlier


def _file_of(module: str) -> str:
    spec = find_spec(module)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = find_spec(f"{module}.__main__")
    return module if spec is None or spec.origin is None else spec.origin


def main(modules: Sequence[str]) -> None:
    """Load the modules and serve the channel that the environment names."""
    earlier = _unheeding()
    # The title's memory is found through the environment as it was at the start, so before anything changes it.
    setproctitle(" ".join(module_argv(__spec__.name)))
    channel = socket.socket(fileno=int(os.environ.pop(VARIABLE)))
    os.set_inheritable(channel.fileno(), False)
    load(modules)
    order = Server(channel, earlier).serve()
    if order is not None:
        become(order)


if __name__ == "__main__":
    main(sys.argv[1:])
