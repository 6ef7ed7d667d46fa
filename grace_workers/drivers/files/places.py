"""Steps through a directory tree that never follow a symbolic link: each is an `openat` on an open directory."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
DEEPEST = 128
NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file found on a walk: its path below the root, and its `lstat` result."""

    path: str
    stat: os.stat_result


@contextmanager
def root_of(path: Path) -> Iterator[int]:
    """Hold the root directory open.

    Raises:
        NotFoundError: it does not exist or is not a directory.
    """
    try:
        descriptor = os.open(path, DIRECTORY)
    except OSError as error:
        if error.errno in NOT_THERE:
            raise NotFoundError(f"directory {str(path)!r} does not exist; create it or correct the target") from error
        raise PermanentError(f"directory {str(path)!r}: {os.strerror(error.errno or 0)}") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def parts_of(path: str) -> list[str]:
    """Return the parts of a relative path.

    Raises:
        InputError: the path is absolute, or a part is empty, `.`, `..` or contains NUL.
    """
    parts = path.split("/")
    if any(part in {"", ".", ".."} or "\x00" in part for part in parts):
        raise InputError(f"path {path[:80]!r} leads outside the root; name a file below it")
    return parts


@contextmanager
def parent_of(root: int, path: str, *, create: bool = False) -> Iterator[tuple[int, str]]:
    """Hold the directory of `path` open; yield it and the file's own name.

    Raises:
        OSError: a part is missing (unless `create`), a symbolic link, or not a directory.
    """
    *folders, name = parts_of(path)
    held = os.dup(root)
    try:
        for folder in folders:
            made = create and _made(folder, held)
            deeper = os.open(folder, DIRECTORY, dir_fd=held)
            if made:
                _dress_like(held, deeper)
            os.close(held)
            held = deeper
        yield held, name
    finally:
        os.close(held)


def look(root: int, path: str) -> os.stat_result | None:
    """Return what is at `path`, not following links; None when nothing is, or the way there is gone."""
    try:
        with parent_of(root, path) as (folder, name):
            return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno in NOT_THERE:
            return None
        raise


def walk(root: int) -> Iterator[FoundFile]:
    """Yield every regular file below `root`, on its file system only.

    Raises:
        PermanentError: a directory cannot be read, or is deeper than 128 levels.
    """
    yield from _walk(root, (), os.fstat(root).st_dev)


def _walk(folder: int, above: Sequence[str], device: int) -> Iterator[FoundFile]:
    if len(above) > DEEPEST:
        raise PermanentError(f"directories are nested deeper than {DEEPEST} below the root; inspect the tree by hand")
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        path = (*above, name)
        try:
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            continue
        if stat.S_ISREG(found.st_mode):
            yield FoundFile("/".join(path), found)
        elif stat.S_ISDIR(found.st_mode) and found.st_dev == device:
            yield from _below(folder, path, device)


def _below(folder: int, path: Sequence[str], device: int) -> Iterator[FoundFile]:
    try:
        deeper = os.open(path[-1], DIRECTORY, dir_fd=folder)
    except OSError as error:
        if error.errno in NOT_THERE:
            return
        raise PermanentError(f"directory {'/'.join(path)!r}: {os.strerror(error.errno or 0)}") from error
    try:
        yield from _walk(deeper, path, device)
    finally:
        os.close(deeper)


def _made(folder: str, parent: int) -> bool:
    try:
        os.mkdir(folder, 0o700, dir_fd=parent)
    except FileExistsError:
        return False
    return True


def _dress_like(parent: int, folder: int) -> None:
    """Give a folder that we made the owner and mode of the one around it, whatever our umask."""
    around = os.fstat(parent)
    if around.st_uid != os.geteuid() and os.geteuid() == 0:
        os.fchown(folder, around.st_uid, around.st_gid)
    os.fchmod(folder, stat.S_IMODE(around.st_mode))
