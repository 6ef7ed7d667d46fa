"""The processes of this machine, each identified by its pid and start time."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil

from grace_workers.actions import ProcessEntry, ProcessTable
from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.foundation.live_processes import live_processes

_PROC, _BOOT = Path("/proc"), Path("/proc/sys/kernel/random/boot_id")
_START = 19
_INIT = 1
_KERNEL = 2
_FORCED_WITHIN, _LOOK = 5.0, 0.02


class MachineProcesses(ProcessTable):
    """The processes of these names. Only trees that belong entirely to these users may be ended."""

    def __init__(self, names: Sequence[str], users: Sequence[str]) -> None:
        self._names = frozenset(names)
        self._users = frozenset(users)

    def find(self, name: str) -> Sequence[ProcessEntry]:
        if name not in self._names:
            raise PermanentError(f"processes named {name!r} may not be ended; add the name to `may_end` of the target")
        spared = _own_line()
        named = [one for one in live_processes() if one.pid not in spared and _named(one, name)]
        entries = [(entry, one) for one in named if (entry := _entry(one)) is not None]
        found = [replace(entry, ports=_ports(one)) for entry, one in entries if entry.user in self._users]
        return sorted(found, key=lambda one: (-one.memory, one.pid))

    def tree(self, pid: int, incarnation: str) -> Sequence[ProcessEntry]:
        entries = [_entry(one) for one in _family(pid, incarnation)]
        found = [one for one in entries if one is not None]
        self._check(found)
        return found

    def end(self, members: Sequence[tuple[int, str]], grace: timedelta) -> int:
        doomed = self._doomed(members)
        for one in doomed:
            _signal(one, signal.SIGTERM)
        if left := _left(doomed, grace.total_seconds()):
            # Those that were asked may have started more meanwhile.
            left = list({*left, *self._doomed(members)})
            for one in left:
                _signal(one, signal.SIGKILL)
            left = _left(left, _FORCED_WITHIN)
        if left:
            still = ", ".join(str(one.pid) for one in left)
            raise TransientError(f"processes {still} still run after they were killed; try again")
        return len(doomed)

    def runs(self, pid: int, incarnation: str) -> bool:
        return next(_family(pid, incarnation), None) is not None

    def _doomed(self, members: Sequence[tuple[int, str]]) -> list[psutil.Process]:
        """Return the live processes in the trees of the members, once each, after checking all of them."""
        found = {one.pid: one for member in members for one in _family(*member)}
        self._check([entry for one in found.values() if (entry := _entry(one)) is not None])
        return list(found.values())

    def _check(self, entries: Sequence[ProcessEntry]) -> None:
        spared = _own_line()
        for one in entries:
            if one.pid in spared or one.parent == _KERNEL:
                raise PermanentError(
                    f"process {one.pid} ({one.name!r}) belongs to this node, its parents or the system, so its tree "
                    f"is spared"
                )
            if one.user not in self._users:
                raise PermanentError(
                    f"process {one.pid} ({one.name!r}) belongs to {one.user!r}; add the user to `may_end` of the target"
                )


def _family(pid: int, incarnation: str) -> Iterator[psutil.Process]:
    """Yield that very process and its live descendants, parents first."""
    with suppress(psutil.NoSuchProcess, ValueError):
        root = psutil.Process(pid)
        if incarnation_of(root) == incarnation and _alive(root):
            yield root
            yield from (one for one in root.children(recursive=True) if _alive(one))


def _entry(process: psutil.Process) -> ProcessEntry | None:
    """Return the facts of a process; None when it has ended."""
    try:
        if not _alive(process):
            return None
        with process.oneshot():
            return ProcessEntry(
                pid=process.pid,
                incarnation=incarnation_of(process),
                parent=process.ppid(),
                name=process.name(),
                user=process.username(),
                memory=process.memory_info().rss,
                zombies=sum(not _alive(one) for one in process.children()),
            )
    except psutil.NoSuchProcess:
        return None


def _ports(process: psutil.Process) -> tuple[int, ...]:
    """Return the TCP ports of this machine on which it listens; none that may not be seen.

    psutil looks among the connections of our own network, so those of a container are not among them.
    """
    try:
        found = [one.laddr.port for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    except (psutil.Error, OSError):
        return ()
    return tuple(sorted(set(found)))


def _named(process: psutil.Process, name: str) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.name() == name
    return False


def incarnation_of(process: psutil.Process) -> str:
    """Return boot and start in ticks since then, which stay the same when the clock is set."""
    try:
        fields = (_PROC / str(process.pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        raise psutil.NoSuchProcess(process.pid) from None
    return f"{_BOOT.read_text(encoding='ascii').strip()}:{int(fields[_START])}"


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
    except psutil.NoSuchProcess:
        return False


def _left(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait for the ends of the processes and return those that still run; a zombie has ended."""
    until = time.monotonic() + seconds
    while (left := [one for one in processes if _alive(one)]) and time.monotonic() < until:
        time.sleep(_LOOK)
    return left


def _own_line() -> frozenset[int]:
    """Return this process, all its ancestors, init and the kernel's own."""
    mine = psutil.Process()
    return frozenset({_INIT, _KERNEL, mine.pid, *(one.pid for one in mine.parents())})


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    """Signal by descriptor, which stays with the process even if its pid is reused meanwhile."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        if process.is_running():
            signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise PermanentError(f"process {process.pid} belongs to another user; run the node as that user") from error
    finally:
        os.close(descriptor)
