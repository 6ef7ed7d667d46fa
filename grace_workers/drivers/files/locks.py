"""Lock files: which process a file names, whether that process runs, and whether any holds a lock on the file."""

import os
import re
from pathlib import Path

import psutil

from grace_workers.drivers.files.places import NOT_THERE, FoundFile, parent_of
from grace_workers.foundation.errors import PermanentError

_LARGEST = 4096
_PID = re.compile(rb"\s*(\d{1,10})(?!\S)")
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# A lock may be written a moment before its owner's start is rounded to a clock tick.
_TICK = 1.0


# The number that Linux gives the first PID namespace, which sees every process of the machine.
_FIRST_NAMESPACE = 0xEFFFFFFC
_LOCAL = frozenset(
    {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "reiserfs", "tmpfs", "xfs", "zfs"}
)


def sees_every_process() -> bool:
    """Return whether this process sees all of its machine: one in a container does not see those outside."""
    return Path("/proc/self/ns/pid").stat().st_ino == _FIRST_NAMESPACE


def require_sight(root: int) -> None:
    """Raise PermanentError where it cannot be seen who holds a file: in a container, or on a network share."""
    if not sees_every_process():
        raise PermanentError(
            "which process holds a lock cannot be seen from within a container; run the node that has this target on "
            "the host, or with the host's PID namespace"
        )
    kind = _kind_of(os.fstat(root).st_dev)
    if kind not in _LOCAL:
        raise PermanentError(f"which process holds a lock cannot be seen on a file system of the kind {kind!r}")


def _kind_of(device: int) -> str:
    """Return the kind of the file system on a device, as the system lists it; empty when it does not."""
    place = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        mount, _, system = line.partition(" - ")
        if mount.split()[2] == place:
            return system.split()[0]
    return ""


def is_stale(root: int, found: FoundFile) -> bool:
    """Return whether the file names a process that has ended, and no process holds a lock on it."""
    pid = _named(root, found.path)
    return pid is not None and not _owns(pid, found.stat.st_mtime) and not _is_locked(found.stat)


def _named(root: int, path: str) -> int | None:
    try:
        with parent_of(root, path) as (folder, name):
            descriptor = os.open(name, _READ, dir_fd=folder)
            try:
                said = _PID.match(os.read(descriptor, _LARGEST))
            finally:
                os.close(descriptor)
    except OSError as error:
        if error.errno in NOT_THERE:
            return None
        raise
    return int(said.group(1)) if said else None


def _owns(pid: int, written: float) -> bool:
    """Return whether the process runs and had begun when the file was written; a later one only has its number."""
    try:
        os.kill(pid, 0)
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= written + _TICK
    except PermissionError:
        # It runs as another user, whose processes may be hidden.
        return True
    except (ProcessLookupError, OverflowError, psutil.NoSuchProcess):
        return False


def _is_locked(found: os.stat_result) -> bool:
    place = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    return place in Path("/proc/locks").read_text(encoding="ascii").split()
