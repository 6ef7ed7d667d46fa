"""Lock files: which process a file names, whether that process runs, and whether any holds a lock on the file."""

import os
import re
from pathlib import Path

import psutil

from grace_workers.drivers.files.places import NOT_THERE, FoundFile, parent_of

_LARGEST = 4096
_PID = re.compile(rb"\s*(\d{1,10})(?!\S)")
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# A lock may be written a moment before its owner's start is rounded to a clock tick.
_TICK = 1.0


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
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= written + _TICK
    except psutil.NoSuchProcess:
        return False


def _is_locked(found: os.stat_result) -> bool:
    place = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    return place in Path("/proc/locks").read_text(encoding="ascii").split()
