"""One run of a program, identified by pid, start time and boot, and all processes that belong to it."""

import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grace_workers.drivers.process.detach import MARK, boot_id
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.plain_file import open_regular

_PROC = Path("/proc")
_WRITTEN = re.compile(r"([1-9][0-9]{0,8})\n([0-9]{1,20})\n([0-9a-f-]{36})\n([0-9a-f]{32})\n?")
_LARGEST = 1000
_FOREIGN_WRITERS = 0o022
_ENDED = frozenset({"Z", "X"})


@dataclass(frozen=True, slots=True)
class Incarnation:
    """What a pid file names. `mark` is in the environment of the program and of everything that it starts."""

    pid: int
    start_time: int
    boot: str
    mark: str

    @property
    def name(self) -> str:
        """`pid:starttime`, which no other process of this boot has."""
        return f"{self.pid}:{self.start_time}"

    def runs(self) -> bool:
        """Return whether that very process runs; a zombie does not."""
        return self.boot == boot_id() and _is(self.pid, self.start_time)

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal to that very process; False when it is gone.

        Raises:
            PermanentError: it belongs to another user.
        """
        return _signal(self.pid, number, self.runs)

    def family(self) -> frozenset[tuple[int, int]]:
        """Return pid and start time of every live process that belongs to this one, including itself.

        They carry the mark. While it runs, all processes of its session belong to it too, because a program may
        overwrite its environment. Afterwards the session's number proves nothing, because it may have been
        reused.
        """
        leads = self.runs()
        found = set()
        for entry in _PROC.iterdir():
            if entry.name.isdigit() and (stat := _stat(int(entry.name))) is not None:
                pid = int(entry.name)
                if (leads and stat.session == self.pid) or f"{MARK}={self.mark}".encode() in _environment(pid):
                    found.add((pid, stat.start_time))
        return frozenset(found)

    def kill(self, family: frozenset[tuple[int, int]]) -> int:
        """Kill these processes and the rest of the family that exists now; return how many still existed."""
        return sum(
            _signal(pid, signal.SIGKILL, partial(_is, pid, start_time)) for pid, start_time in family | self.family()
        )


@dataclass(frozen=True, slots=True)
class _Stat:
    session: int
    start_time: int


def read_pid_file(path: Path) -> Incarnation | None:
    """Return what the file names, None when there is none.

    Raises:
        PermanentError: it cannot be read, we did not write it, or others may write to it, so the process it names
            may be anyone's.
    """
    try:
        descriptor = open_regular(path, follow=True)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PermanentError(f"pid file {str(path)!r} cannot be read: {error.strerror}; correct the target") from error
    written = None if descriptor is None else _WRITTEN.fullmatch(_own_text(descriptor))
    if written is None:
        raise PermanentError(
            f"pid file {str(path)!r} was not written by Grace as this user; stop that service yourself, remove "
            f"the file, and let Grace start it"
        )
    return Incarnation(int(written[1]), int(written[2]), written[3], written[4])


def _own_text(descriptor: int) -> str:
    """Return the file's text; empty for a file that others own or may write to, because it could name any process."""
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(descriptor)
        trusted = found.st_uid == os.geteuid() and not found.st_mode & _FOREIGN_WRITERS
        return stream.read(_LARGEST).decode("ascii", errors="replace") if trusted else ""


def _stat(pid: int) -> _Stat | None:
    """Return what the kernel reports about a running process, None for none and for a zombie."""
    try:
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0].decode() in _ENDED else _Stat(int(fields[3]), int(fields[19]))


def _is(pid: int, start_time: int) -> bool:
    stat = _stat(pid)
    return stat is not None and stat.start_time == start_time


def _environment(pid: int) -> list[bytes]:
    # Other users' processes are closed to us and cannot carry our mark.
    with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    return []


def _signal(pid: int, number: signal.Signals, still: Callable[[], bool]) -> bool:
    """Signal by descriptor, which stays with the process even if its pid is reused meanwhile."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if not still():
            return False
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    except PermissionError as error:
        raise PermanentError(f"process {pid} belongs to another user; run as that user or as root") from error
    finally:
        os.close(descriptor)
    return True
