"""Reading and writing files of a copy that foreign code may have changed. No link is followed out of it.

A repository may hold links, and what runs in the sandbox may put links, pipes and devices where a file was. So every
folder on the way is opened without following a link, and a file is made anew instead of written over.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from grace_workers.foundation.errors import PermanentError

_LARGEST = 16 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_file(folder: Path, name: str) -> bytes:
    """Return the content of a file of the copy. Raises OSError if it is none, or larger than any source."""
    with _parent(folder, name) as (parent, last):
        number = os.open(last, os.O_RDONLY | _FILE, dir_fd=parent)
        with os.fdopen(number, "rb") as file:
            found = os.fstat(number)
            if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
                raise OSError(f"{name} is no file, or has more than {_LARGEST} bytes")
            return file.read(_LARGEST)


def write_file(folder: Path, name: str, content: bytes) -> None:
    """Put a file into the copy, with the permissions of the one that it replaces.

    Raises:
        PermanentError: a link or something that is no file is in the way.
    """
    try:
        with _parent(folder, name, make=True) as (parent, last):
            mode = _mode(last, parent)
            with suppress(FileNotFoundError):
                os.unlink(last, dir_fd=parent)
            number = os.open(last, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FILE, mode, dir_fd=parent)
            with os.fdopen(number, "wb") as file:
                file.write(content)
    except OSError as error:
        raise PermanentError(f"{name} cannot be written into the copy of the repository: {error.strerror}") from error


def remove_file(folder: Path, name: str) -> None:
    """Take a file out of the copy, if it is there. Raises PermanentError as `write_file` does."""
    try:
        with _parent(folder, name) as (parent, last), suppress(FileNotFoundError):
            os.unlink(last, dir_fd=parent)
    except OSError as error:
        raise PermanentError(f"{name} cannot be removed from the copy of the repository: {error.strerror}") from error


@contextmanager
def _parent(folder: Path, name: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
    """Open the folder that holds a file."""
    *way, last = PurePosixPath(name).parts
    if ".." in (*way, last) or name.startswith("/"):
        raise OSError(f"{name} leads out of the copy")
    here = os.open(folder, _FOLDER)
    try:
        for part in way:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, dir_fd=here)
            inner = os.open(part, _FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        yield here, last
    finally:
        os.close(here)


def _mode(name: str, parent: int) -> int:
    with suppress(FileNotFoundError):
        found = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
        if stat.S_ISREG(found):
            return stat.S_IMODE(found)
    return 0o644
