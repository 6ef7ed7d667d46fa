"""Folders for work in progress: removed when the work ends, and by the next work when its process was killed."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import TextIO

from grace_workers.foundation.plain_file import room_in

_PREFIX = "grace-coding-"
_LOCK = "lock"
_YOUNG = 60.0


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a folder that is removed at the end; first remove those of processes that are gone.

    Raises:
        PermanentError: there is no room for what is written to it.
    """
    tidy()
    with room_in(Path(gettempdir())):
        folder, lock = _taken()
        with lock:
            try:
                (folder / "work").mkdir()
                yield folder / "work"
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def tidy() -> None:
    """Remove the folders of this user that no living process holds."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid == os.getuid() and not folder.is_symlink():
                _remove_unless_held(folder)


def _taken() -> tuple[Path, TextIO]:
    """Make a folder, and return it with its lock, which the kernel releases however this process ends."""
    while True:
        folder = Path(mkdtemp(prefix=_PREFIX)).resolve()
        try:
            lock = (folder / _LOCK).open("w", encoding="ascii")
        except FileNotFoundError:
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Another process may have taken the lock first and removed the folder, as it could not know whose it was.
        if os.fstat(lock.fileno()).st_nlink:
            return folder, lock
        lock.close()


def _remove_unless_held(folder: Path) -> None:
    """Remove the folder unless a process works in it. One without a lock may just have been made, so it may stay."""
    try:
        lock = (folder / _LOCK).open("r", encoding="ascii")
    except FileNotFoundError:
        if time.time() - folder.stat().st_mtime > _YOUNG:
            shutil.rmtree(folder, ignore_errors=True)
        return
    # Held until the folder is gone: its owner, which may wait for the lock, must not begin to work in it.
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
