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
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grace_workers.adapters.process import launch
from grace_workers.adapters.process.pulse import VARIABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """As whom a program runs. `owns_files` says whether files must be given to `uid` (a namespace keeps ours)."""

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


def spawn(command: Command, *, pulse: int | None = None) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own; output goes to its log file, or nowhere.

    `pulse` is the descriptor into which the child shall breathe.

    Raises:
        OSError: the program, its folder or its log cannot be opened.
    """
    return _forking_thread().submit(_spawn, command, pulse).result()


def shim(command: Command) -> list[str]:
    """Return the argv that runs `command` through the launcher."""
    options = ["--parent", str(os.getpid()), "--death-signal", str(int(command.death_signal))]
    if command.identity is not None:
        kind = "--become" if command.identity.owns_files else "--appear"
        options += [kind, f"{command.identity.uid}:{command.identity.gid}"]
    return [sys.executable, "-I", "-S", launch.__file__, *options, "--", *command.argv]


def _spawn(command: Command, pulse: int | None) -> subprocess.Popen[bytes]:
    if command.log is not None:
        command.log.parent.mkdir(parents=True, exist_ok=True)
    output = os.open(command.log or os.devnull, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        return subprocess.Popen(  # noqa: S603
            shim(command),
            cwd=command.cwd,
            env=_environment(command, pulse),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
            pass_fds=() if pulse is None else (pulse,),
        )
    finally:
        os.close(output)


def _environment(command: Command, pulse: int | None) -> dict[str, str] | None:
    if pulse is None:
        return None if command.env is None else dict(command.env)
    return {**(os.environ if command.env is None else command.env), VARIABLE: str(pulse)}


@cache
def _forking_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawn")
