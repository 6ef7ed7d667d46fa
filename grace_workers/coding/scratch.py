"""Folders for work in progress: removed when the work ends, and by the next work when its process was killed."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp

_PREFIX = "grace-coding-"
_LOCK = "lock"
_YOUNG = 60.0


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a folder that is removed at the end; first remove those of processes that are gone."""
    tidy()
    folder = Path(mkdtemp(prefix=_PREFIX)).resolve()
    with (folder / _LOCK).open("w", encoding="ascii") as lock:
        # The kernel releases the lock when the process ends, however it ends.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            (folder / "work").mkdir()
            yield folder / "work"
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def tidy() -> None:
    """Remove the folders of this user that no living process holds."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid == os.getuid() and not folder.is_symlink() and not _held(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _held(folder: Path) -> bool:
    """Return whether a process works in the folder; one without a lock may just have been made."""
    try:
        with (folder / _LOCK).open("r", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime < _YOUNG
    return False
