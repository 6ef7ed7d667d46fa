"""Starting processes whose life is tied to ours, each the leader of its own process group.

The kernel sends the death signal when the *thread* that forked ends, so every fork happens on one thread that lives as
long as this process.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from grace_workers.adapters.process import launch


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The user of a program. `owns_files` says whether files must be given to `uid` (a namespace keeps ours)."""

    uid: int
    gid: int
    owns_files: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run. `death_signal` is what it gets when we die, however we die."""

    argv: Sequence[str]
    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    log: Path | None = None
    death_signal: signal.Signals = signal.SIGKILL
    identity: Identity | None = None


_MODULE = (sys.executable, "-P", "-m")

# The code of an unknown end; no real code is so large.
UNTOLD = 256


class Process(Protocol):
    """A started process, as `subprocess.Popen` shows it."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """Return how it ended, None while it runs; negative for a signal."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired when it has not ended in so many seconds."""
        ...

    def send_signal(self, number: int, /) -> None:
        """Send it a signal, unless it has ended."""
        ...

    def end_group(self) -> None:
        """Kill what is left of its group, itself included."""
        ...


class StartCommand(Protocol):
    """Starts a command in its own process group, as `spawn` does."""

    def __call__(self, command: Command, inherits: Mapping[str, int], /) -> Process:
        """Start it. Raises OSError."""
        ...


def spawn(command: Command, inherits: Mapping[str, int] = MappingProxyType({})) -> "Executed":
    """Start `command` in its own process group; output goes to its log file, or nowhere.

    `inherits` are descriptors that the child gets, by the variables that tell it their numbers.

    Raises:
        OSError: the program, its folder or its log cannot be opened.
    """
    return _forking_thread().submit(_spawn, command, inherits).result()


def module_argv(module: str, *arguments: str) -> list[str]:
    """Return the argv that runs an installed module, whatever lies in the folder that it is run in.

    Without `-P` a file `json.py` there would take the place of the library's own.
    """
    return [*_MODULE, module, *arguments]


def module_of(argv: Sequence[str]) -> Sequence[str]:
    """Return the module that such an argv runs, and its arguments; nothing for any other argv."""
    begin = len(_MODULE)
    return argv[begin:] if tuple(argv[:begin]) == _MODULE else ()


def shim(command: Command) -> list[str]:
    """Return the argv that runs `command` through the launcher."""
    options = ["--parent", str(os.getpid()), "--death-signal", str(int(command.death_signal))]
    if command.identity is not None:
        kind = "--become" if command.identity.owns_files else "--appear"
        options += [kind, f"{command.identity.uid}:{command.identity.gid}"]
    return [sys.executable, "-I", "-S", launch.__file__, *options, "--", *command.argv]


def output_of(command: Command) -> int:
    """Open the destination of the command's output. Raises OSError."""
    if command.log is not None:
        command.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(command.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)


class Executed(subprocess.Popen[bytes]):
    """An executed process in its own group."""

    def end_group(self) -> None:
        """Kill what is left of its group, itself included."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def _spawn(command: Command, inherits: Mapping[str, int]) -> Executed:
    output = output_of(command)
    try:
        return Executed(
            shim(command),
            cwd=command.cwd,
            env=_environment(command, inherits),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
            pass_fds=tuple(inherits.values()),
        )
    finally:
        os.close(output)


def _environment(command: Command, inherits: Mapping[str, int]) -> dict[str, str]:
    told = {name: str(number) for name, number in inherits.items()}
    return {**(os.environ if command.env is None else command.env), **told}


@cache
def _forking_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawn")
