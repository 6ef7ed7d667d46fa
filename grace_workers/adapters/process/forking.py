"""Starting Python processes through the fork server, or directly if it cannot."""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from grace_workers.adapters.process.fork_line import ForkLine, NotServedError, Split, executed
from grace_workers.adapters.process.fork_server import load
from grace_workers.adapters.process.spawn import Command, Process, module_of, output_of, spawn

_MOST_STARTS = 3
_STARTS_WITHIN = 600.0
_LOOK = 0.2

log = structlog.get_logger()


class Forking:
    """Starts processes for one node. Thread-safe; `close` it when they have ended."""

    def __init__(self, modules: Sequence[str], log_file: Path) -> None:
        """`modules` are loaded before the first fork; none of them may be run as a program itself."""
        self._modules = tuple(modules)
        self._log_file = log_file
        self._lock = threading.Lock()
        self._line: ForkLine | None = None
        self._lost: list[ForkLine] = []
        self._starts: list[float] = []

    def split(self, first: Callable[[], object] = lambda: None) -> None:
        """Load the modules here, call `first`, and fork the server from this process, so that the two share them.

        Only for a process without threads. In a process with threads, and if a module cannot be loaded, `begin`
        starts one that loads by itself. In each process that the server forks later this raises
        `fork_server.NewProcess`.
        """
        with suppress(ImportError, RuntimeError, OSError):
            load(self._modules, first)
            self._starts.append(time.monotonic())
            self._line = ForkLine(Split)

    def begin(self) -> None:
        """Start the server and let it load, unless it was forked from here."""
        with self._lock:
            if self._line is None:
                self._begin()
            else:
                self._line.write_to(self._log_file)

    def wait_loaded(self, *, within: float) -> None:
        """Wait until the server has loaded or has ended; a signal handler may end the wait.

        A server that has not loaded within this many seconds is abandoned, and another starts.
        """
        line, deadline = self._line, time.monotonic() + within
        while line is not None and line.is_loading:
            if time.monotonic() > deadline:
                line.give_up()
                self._renew(line, f"it did not load within {within:g} s")
            line.wait_loaded(_LOOK)

    def start(self, command: Command, inherits: Mapping[str, int]) -> Process:
        """Start a command like `spawn`: through the server if that has loaded and it runs a module, else directly.

        Raises:
            OSError: its log cannot be opened, or executing it failed too.
        """
        self._let_go()
        line = self._line
        if line is None or line.is_loading or not _is_module(command):
            return spawn(command, inherits)
        output = output_of(command)
        try:
            return line.order(command, output, inherits)
        except (OSError, NotServedError) as error:
            if line.is_lost:
                self._renew(line, str(error))
            else:
                log.warning("process_not_forked", why=str(error))
        finally:
            os.close(output)
        return spawn(command, inherits)

    def close(self) -> None:
        """End the server and all lost ones, and with them everything they forked."""
        with self._lock:
            for line in (*self._lost, *([self._line] if self._line is not None else [])):
                line.close()
            self._line, self._lost = None, []

    def _renew(self, lost: ForkLine, why: str) -> None:
        """Start a new server beside the lost one, whose processes may live on."""
        with self._lock:
            if self._line is not lost:
                return
            log.warning("fork_server_lost", why=why, log=str(self._log_file))
            self._lost.append(lost)
            self._line = None
            self._begin()
        self._let_go()

    def _let_go(self) -> None:
        """End the lost servers that have no process any more."""
        with self._lock:
            for one in [one for one in self._lost if not one.has_living]:
                one.close()
                self._lost.remove(one)

    def _begin(self) -> None:
        now = time.monotonic()
        self._starts = [at for at in self._starts if now - at < _STARTS_WITHIN]
        if len(self._starts) >= _MOST_STARTS:
            log.error("fork_server_given_up", until_restart_of="the node", log=str(self._log_file))
            return
        self._starts.append(now)
        try:
            self._line = ForkLine(executed(self._modules, self._log_file))
        except OSError as error:
            log.warning("fork_server_not_started", why=str(error))


def _is_module(command: Command) -> bool:
    return bool(module_of(command.argv)) and command.cwd is None and command.identity is None
