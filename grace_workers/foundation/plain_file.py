"""Plain files that others write too: opened without ever waiting, locked, and replaced as a whole.

A reader sees the old content or the new one, also after a crash.
"""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from grace_workers.foundation.errors import PermanentError, TransientError

PATIENCE = timedelta(minutes=1)
"""How long to wait for a lock: longer than any of our processes holds one."""

# Without O_NONBLOCK, opening a FIFO in the file's place would wait for a writer forever.
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_EVERY = 0.005


_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def room_in(folder: Path) -> Iterator[None]:
    """Turn an `OSError` inside the block that says that there is no room into an error that names the folder.

    Raises:
        PermanentError: the disk is full, a quota is spent, or a file would be larger than a limit.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        reason = os.strerror(error.errno)
        words = f"there is no room to work in {folder}: {reason}; free space there, or name another folder with TMPDIR"
        raise PermanentError(words) from error


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn an `OSError` inside the block into an error of ours that names `what`.

    Raises:
        PermanentError: permission, space or a read-only file system prevents it.
        TransientError: anything else the system reports.
    """
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise PermanentError(f"{what}: {reason}; grant this process access to it") from error
        if error.errno in _NO_ROOM:
            raise PermanentError(f"{what}: {reason}; free space there or choose another place") from error
        raise TransientError(f"{what}: {reason}") from error


def open_regular(path: str | Path, *, folder: int | None = None, follow: bool = False) -> int | None:
    """Open a file for reading without ever waiting for it; None when it is not a regular file.

    Raises:
        OSError: it is missing, a link (unless `follow`), or unreadable.
    """
    descriptor = os.open(path, _READING & ~os.O_NOFOLLOW if follow else _READING, dir_fd=folder)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def read_small(path: Path, *, most: int) -> bytes:
    """Return the content of a small file, without ever waiting for it.

    Raises:
        OSError: it is missing, not a regular file, larger than `most` bytes, or unreadable.
    """
    descriptor = open_regular(path, follow=True)
    if descriptor is None:
        raise OSError("it is not a regular file")
    with os.fdopen(descriptor, "rb") as stream:
        raw = stream.read(most + 1)
    if len(raw) > most:
        raise OSError(f"it is larger than {most} bytes")
    return raw


def replace_file(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace the file with `content`, and keep the mode and owner of the file before.

    A new one gets `mode`, whatever the umask.

    Raises:
        OSError: the folder cannot be written or the owner not kept.
    """
    beside = path.with_name(f".{path.name}.{token_hex(6)}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, mode)
            _inherit(path, descriptor)
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        beside.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path, *, patience: timedelta = PATIENCE) -> Iterator[int]:
    """Hold the lock file at `path`, waiting for it; yield its descriptor. The lock ends with the process at the latest.

    Raises:
        PermanentError: the lock file cannot be created.
        TransientError: another process held the lock for all of `patience`.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PermanentError(f"lock file {str(path)!r}: {error.strerror}; grant this process access to it") from error
    try:
        _take(descriptor, path, time.monotonic() + patience.total_seconds())
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise TransientError(f"another process holds lock file {str(path)!r}; see which with `lsof`") from error
        time.sleep(_EVERY)


def _inherit(path: Path, descriptor: int) -> None:
    try:
        earlier = path.stat()
    except FileNotFoundError:
        return
    os.fchmod(descriptor, earlier.st_mode & 0o7777)
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (earlier.st_uid, earlier.st_gid):
        os.fchown(descriptor, earlier.st_uid, earlier.st_gid)
