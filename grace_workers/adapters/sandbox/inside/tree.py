"""A program with everything that it started: the processes, what they use, and ending all of them."""

from __future__ import annotations

import os
import time

from .kernel import SIGKILL, SIGSTOP

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
# In /proc/PID/stat, after the name in brackets.
_CPU, _THREADS = slice(11, 15), 17
_DYING = 0.001
_GONE = (FileNotFoundError, ProcessLookupError)


class Tree:
    """The descendants of this process. Orphans return to it, so none can escape."""

    def __init__(self) -> None:
        # Our pid in /proc, which differs when the host's /proc is shown in a namespace.
        self._self = os.readlink("/proc/self")
        self._told = os.path.exists(f"/proc/self/task/{self._self}/children")

    def members(self) -> list[str]:
        """Return the descendants, as /proc names them."""
        if not self._told:
            return _by_parents(self._self)
        found: list[str] = []
        waiting = [self._self]
        while waiting:
            children = _children(waiting.pop())
            found += children
            waiting += children
        return found

    def end(self) -> None:
        """Kill every descendant, and wait until none is left.

        Each is stopped first: a stopped process still counts against the limit of processes, so that a fork
        bomb has ever fewer members that can fork. Killing them one by one would make room for new ones.
        """
        if os.getpid() == 1:
            _end_namespace()
            return
        while _children_are_left():
            stopped: set[str] = set()
            while fresh := set(self.members()) - stopped:
                _send(fresh, SIGSTOP)
                stopped |= fresh
            _send(stopped, SIGKILL)
            time.sleep(_DYING)


def cpu_and_threads(members: list[str]) -> tuple[float, int]:
    """Return the CPU seconds of the members and of the children they have waited for, and their number of threads."""
    seconds, threads = 0.0, 0
    for member in members:
        if fields := _fields(member):
            seconds += sum(map(int, fields[_CPU])) / _TICKS
            threads += int(fields[_THREADS])
    return seconds, threads


def memory(members: list[str], limit: int) -> int:
    """Return the bytes of memory that the members use.

    Pages that forked processes share count once for each of them, unless that would exceed the limit: then each
    counts in proportion, which takes the kernel longer to report. A process that hides its share pays for whole
    pages.
    """
    resident = {member: _resident(member) for member in members}
    if sum(resident.values()) <= limit:
        return sum(resident.values())
    return sum(_proportional(member, whole) for member, whole in resident.items())


def _resident(member: str) -> int:
    try:
        return int(_read(f"/proc/{member}/statm").split()[1]) * _PAGE
    except _GONE:
        return 0


def _proportional(member: str, whole: int) -> int:
    try:
        lines = _read(f"/proc/{member}/smaps_rollup").splitlines()
    except _GONE:
        return 0
    except PermissionError:
        return whole
    parts = [line.split() for line in lines if line.startswith((b"Pss:", b"SwapPss:"))]
    return sum(int(fields[1]) for fields in parts) * 1024


def _children(member: str) -> list[str]:
    found: list[str] = []
    try:
        for thread in os.listdir(f"/proc/{member}/task"):
            found += _read(f"/proc/{member}/task/{thread}/children").decode().split()
    except _GONE:
        # What a thread leaves behind when it ends has another parent at the next look.
        return found
    return found


def _by_parents(root: str) -> list[str]:
    """Find the descendants, if the kernel does not list children, through the parent that each process names."""
    fields = {name: _fields(name) for name in os.listdir("/proc") if name.isdigit()}
    parent = {name: found[1].decode() for name, found in fields.items() if found}
    found, grew = {root}, True
    while grew:
        more = {name for name, of in parent.items() if of in found} - found
        grew = bool(more)
        found |= more
    return sorted(found - {root})


def _end_namespace() -> None:
    """Have the kernel kill all processes of this namespace at once."""
    try:
        os.kill(-1, SIGKILL)
    except ProcessLookupError:
        pass
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        return


def _children_are_left() -> bool:
    """Reap what has ended, and return whether there are children that have not."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _send(members: set[str], number: int) -> None:
    for member in members:
        try:
            os.kill(int(member), number)
        except ProcessLookupError:
            continue


def _fields(member: str) -> list[bytes]:
    """Return what /proc/PID/stat says after the name in brackets; empty when the process has gone."""
    try:
        return _read(f"/proc/{member}/stat").rpartition(b")")[2].split()
    except _GONE:
        return []


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        content = b""
        while part := os.read(descriptor, 65536):
            content += part
        return content
    finally:
        os.close(descriptor)
