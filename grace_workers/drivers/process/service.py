"""A service that is a plain process, as a `Restartable`: started detached, identified by its pid file."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import httpx

from grace_workers.actions import Restartable, ServiceStatus
from grace_workers.drivers._shared.listening import accepts
from grace_workers.drivers.process import detach
from grace_workers.drivers.process.account import Account, account_of
from grace_workers.drivers.process.incarnation import read_pid_file
from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.foundation.plain_file import PATIENCE, locked

_EVERY = 0.02
_SETTLED = 0.2
_FORCED = 5.0
_ANSWERS_WITHIN = timedelta(seconds=1)
_SERVER_ERROR = 500
# The variables of our environment that a service gets; none of our secrets is among them.
_INHERITED = ("LANG", "LC_ALL", "TZ")
_INHERITED_BY_OUR_USER = ("HOME", "USER", "LOGNAME", "TMPDIR", "LD_LIBRARY_PATH")
ORDINARY_UMASK = 0o022


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyWhen:
    """When a service counts as started: its URL answers below 500, or its port accepts connections."""

    http: str | None = None
    tcp: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run and how to identify it. Output goes to `log_file`, or nowhere.

    It runs as `user` and `group`, names or numbers, or as this process does. It has its own umask, because ours
    gives others no access.
    """

    command: Sequence[str]
    pid_file: Path
    cwd: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    log_file: Path | None = None
    ready: ReadyWhen | None = None
    start_timeout: timedelta = timedelta(seconds=15)
    user: str | None = None
    group: str | None = None
    umask: int = ORDINARY_UMASK


class ProcessService(Restartable):
    """Starts and stops one program. Several of these, in any processes, may serve the same pid file."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def status(self) -> ServiceStatus:
        known = read_pid_file(self._program.pid_file)
        if known is None:
            return ServiceStatus(running=False, incarnation=None, detail="never started")
        runs = known.runs()
        return ServiceStatus(running=runs, incarnation=known.name, detail=f"pid {known.pid}" if runs else "ended")

    def pids(self) -> Sequence[int]:
        """Return the processes of the service that run now."""
        known = read_pid_file(self._program.pid_file)
        return sorted(pid for pid, _ in known.family()) if known is not None else []

    def start(self) -> ServiceStatus:
        """Start it unless it runs; return when it is ready. Of two callers, one starts it and the other finds it.

        Raises:
            PermanentError: it cannot be run, or ends while starting.
            TransientError: it is not ready in time; it is left running.
        """
        with self._alone() as lock:
            known = read_pid_file(self._program.pid_file)
            # What still runs may be ending: a killed program closes its connections before it is gone.
            if known is None or not known.runs() or not self._becomes_ready():
                if known is not None:
                    known.kill(frozenset())
                self._launch(lock)
                if not self._becomes_ready():
                    where = f"; its log is {str(self._program.log_file)!r}" if self._program.log_file else ""
                    raise PermanentError(f"the service ended while starting{where}")
            return self.status()

    def stop(self, grace: timedelta) -> ServiceStatus:
        """Stop it and everything it started: with SIGTERM, and after `grace` with SIGKILL.

        Raises:
            TransientError: it still runs five seconds after SIGKILL.
        """
        with self._alone():
            known = read_pid_file(self._program.pid_file)
            if known is None:
                return self.status()
            family = known.family()
            if known.signal(signal.SIGTERM):
                _until(lambda: not known.runs(), grace.total_seconds())
            if not _until(lambda: known.kill(family) == 0, _FORCED):
                raise TransientError(
                    f"process {known.pid} is still running after SIGKILL; it may be waiting for a disk"
                )
            return self.status()

    def _alone(self) -> AbstractContextManager[int]:
        try:
            self._program.pid_file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PermanentError(f"folder of pid file {str(self._program.pid_file)!r}: {error.strerror}") from error
        beside = self._program.pid_file.with_name(self._program.pid_file.name + ".lock")
        return locked(beside, patience=self._program.start_timeout + PATIENCE)

    def _launch(self, lock: int) -> None:
        program = self._program
        account = account_of(program.user, program.group)
        log = "-" if program.log_file is None else str(program.log_file.absolute())
        looks = [f"{program.umask:o}", "-" if account is None else account.spelt, log]
        shim = [sys.executable, "-I", "-S", detach.__file__, str(program.pid_file.absolute()), str(lock), token_hex(16)]
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command from the declared target
                [*shim, *looks, "--", *program.command],
                cwd=program.cwd,
                env=_environment(account) | dict(program.env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(lock,),
                start_new_session=True,
                check=False,
            )
        except OSError as error:
            raise PermanentError(f"cannot run {program.command[0]!r}: {error.strerror}: {error.filename}") from error
        if done.returncode != 0:
            raise PermanentError(f"cannot run {program.command[0]!r}: {done.stderr.decode(errors='replace')[-300:]}")

    def _becomes_ready(self) -> bool:
        """Wait until it is ready or has ended; return whether it still runs. Raises TransientError if it is late."""
        known = read_pid_file(self._program.pid_file)
        if known is None:
            raise TransientError(f"pid file {str(self._program.pid_file)!r} disappeared while the service was starting")
        seconds = self._program.start_timeout.total_seconds()
        asked = self._program.ready or ReadyWhen()
        if asked == ReadyWhen():
            _until(lambda: not known.runs(), _SETTLED)
        elif not _until(lambda: not known.runs() or _is_ready(asked), seconds):
            raise TransientError(f"the service runs as pid {known.pid} but is not ready after {seconds:g} s")
        return known.runs()


def _is_ready(ready: ReadyWhen) -> bool:
    if ready.http is not None:
        try:
            # Only the head is read, because an endless answer would never count as ready.
            with (
                httpx.Client(trust_env=False, timeout=_ANSWERS_WITHIN.seconds) as client,
                client.stream("GET", ready.http) as answer,
            ):
                return answer.status_code < _SERVER_ERROR
        except httpx.HTTPError:
            return False
    return ready.tcp is None or accepts(*ready.tcp, _ANSWERS_WITHIN)


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_EVERY)
    return True


def _environment(account: Account | None) -> dict[str, str]:
    """Return the part of our environment that a service gets: no secrets, and no relative folder of `PATH`.

    A relative folder would let everyone who can write to the service's working directory choose which program runs.
    """
    names = (*_INHERITED, *(_INHERITED_BY_OUR_USER if account is None else ()))
    path = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder.startswith("/")]
    found = {name: os.environ[name] for name in names if name in os.environ}
    return found | {"PATH": os.pathsep.join(path)} | ({} if account is None else dict(account.environment))
