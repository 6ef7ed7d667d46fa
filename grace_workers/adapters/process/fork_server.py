"""The fork server: a process without threads that has loaded what a node's processes share, and forks them from itself.

Run as `python -m grace_workers.adapters.process.fork_server MODULE ...`, with the descriptor of its channel in
`GRACE_FORK_SERVER`. It loads the modules, says so, and then turns each order into a process: that costs milliseconds
instead of a second of loading the same code, and the code is in memory once. A process of it lives and dies as one that
was executed: in a group of its own, with the streams, environment and arguments it was ordered with, and killed with
the server, as the server is with the node.

Each message is one packet of JSON. Orders: `{"argv", "env", "inherits", "death_signal"}`, with descriptors beside: its
output first, then what it inherits. Answers: `{"ready"}` once, `{"started": pid}` or `{"refused": why}` for each order,
and `{"ended": pid, "status": code}` whenever one ends; the code is negative for a signal.
"""

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from setproctitle import setproctitle

from grace_workers.adapters.process.launch import tie

VARIABLE = "GRACE_FORK_SERVER"
LARGEST = 1 << 20
MOST_DESCRIPTORS = 8
_RESET = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One process to fork: `argv` is `[python, "-m", module, ...]`; `inherits` names its descriptors by variable."""

    argv: Sequence[str]
    env: Mapping[str, str]
    output: int
    inherits: Mapping[str, int]
    death_signal: int

    @classmethod
    def read(cls, packet: bytes, descriptors: Sequence[int]) -> "Order":
        """Return the order of a packet and the descriptors that came with it."""
        told = json.loads(packet)
        return cls(
            argv=told["argv"],
            env=told["env"],
            output=descriptors[0],
            inherits=dict(zip(told["inherits"], descriptors[1:], strict=True)),
            death_signal=told["death_signal"],
        )


class Server:
    """Serves one channel, until its other end is closed."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._woken, waking = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._waking = waking
        signal.set_wakeup_fd(waking)
        # What a handler does is of no matter, but without one the signal wakes nobody.
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def serve(self) -> Order | None:
        """Fork for every order. Returns in each new process its order, and None in the server when it is to end."""
        self._say(ready=os.getpid())
        while True:
            readable, _, _ = select.select([self._channel.fileno(), self._woken], [], [])
            if self._woken in readable:
                self._reap()
            if self._channel.fileno() in readable:
                packet, descriptors, _, _ = socket.recv_fds(self._channel, LARGEST, MOST_DESCRIPTORS)
                if not packet:
                    return None
                order = Order.read(packet, descriptors)
                if self._forked(order):
                    return order
                for one in descriptors:
                    os.close(one)

    def _forked(self, order: Order) -> bool:
        """Fork, and tell whether this is the new process."""
        server = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            self._say(refused=str(error))
            return False
        if pid:
            # Also done by the process itself: whoever is told of it may end its group at once.
            with suppress(OSError):
                os.setpgid(pid, pid)
            self._say(started=pid)
            return False
        self._become_free(server, order)
        return True

    def _become_free(self, server: int, order: Order) -> None:
        """Take off what is the server's: its group, its signals and its descriptors."""
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in _RESET:
            signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)
        self._channel.close()
        os.close(self._woken)
        os.close(self._waking)
        tie(server, order.death_signal)

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            while os.read(self._woken, LARGEST):
                continue
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._say(ended=ended[0], status=os.waitstatus_to_exitcode(ended[1]))

    def _say(self, **told: int | str) -> None:
        # Nobody is left to hear it when the node has ended; then its death signal is under way to us too.
        with suppress(BrokenPipeError):
            self._channel.send(json.dumps(told).encode())


def load(modules: Sequence[str]) -> None:
    """Import the modules, and keep what is loaded out of the garbage collector's way, so that it stays shared.

    Raises:
        RuntimeError: one of them began a thread; a process with threads cannot be forked safely.
    """
    gc.disable()
    for name in modules:
        importlib.import_module(name)
        if (threads := sum(1 for _ in Path("/proc/self/task").iterdir())) > 1:
            raise RuntimeError(
                f"{name} runs {threads - 1} threads from its import on, so nothing can be forked after it"
            )
    gc.collect()
    gc.freeze()
    gc.enable()


def become(order: Order) -> None:
    """Run what was ordered in this new process, as if the interpreter had been started with it."""
    nowhere = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nowhere, 0), (order.output, 1), (order.output, 2)):
        os.dup2(source, target)
    for one in {nowhere, order.output} - {0, 1, 2}:
        os.close(one)
    os.environ.clear()
    os.environ.update({**order.env, **{name: str(number) for name, number in order.inherits.items()}})
    setproctitle(" ".join(order.argv))
    sys.argv = list(order.argv[2:])
    runpy.run_module(order.argv[2], run_name="__main__", alter_sys=True)


def main(modules: Sequence[str]) -> None:
    """Load the modules and serve the channel that the environment names."""
    channel = socket.socket(fileno=int(os.environ.pop(VARIABLE)))
    os.set_inheritable(channel.fileno(), False)
    # The place of the title is found by the environment as it was at the start, so before any changes.
    setproctitle(" ".join((*sys.orig_argv[:2], __spec__.name)))
    load(modules)
    order = Server(channel).serve()
    if order is not None:
        become(order)


if __name__ == "__main__":
    main(sys.argv[1:])
