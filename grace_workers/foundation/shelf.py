"""`Shelf`: the content of folders of YAML files, read again when they change."""

import os
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Generic, Self, TypeVar

from grace_workers.foundation.yaml_file import FileFault, SourceError

T = TypeVar("T")

FRESH_FOR = 0.1
"""Seconds. A decision asks for its definitions several times, and each look at all files takes processor time."""


class Shelf(Generic[T]):
    """Keeps the last good content: a broken edit changes only `faults`. Safe to share between threads."""

    def __init__(
        self,
        paths: Sequence[Path],
        read: Callable[[], T],
        *,
        beside: Callable[[], Hashable] = lambda: None,
        fresh_for: float = FRESH_FOR,
    ) -> None:
        """Read the folders. `beside` returns what the content is checked against, to be read again with it.

        For `fresh_for` seconds after a look at the files, `current` does not look again.

        Raises:
            SourceError: a file has a fault. There is no good content yet to fall back on.
        """
        self._paths = tuple(paths)
        self._take = read
        self._beside = beside
        self._lock = threading.Lock()
        self._faults: tuple[FileFault, ...] = ()
        self._fresh_for = fresh_for
        self._looked_at = time.monotonic()
        self._seen = self._look()
        self._content = read()

    def current(self) -> T:
        """Return the content, read again if a file's name, time, size or inode has changed."""
        with self._lock:
            if time.monotonic() - self._looked_at >= self._fresh_for:
                self._refresh()
            return self._content

    def refresh(self) -> None:
        """Look at the files now, however fresh the content is."""
        with self._lock:
            self._refresh()

    def whole(self) -> Self:
        """Return this shelf, just looked at. Raises SourceError when a file has a fault since it was read."""
        self.refresh()
        if faults := self.faults:
            raise SourceError(faults)
        return self

    @property
    def faults(self) -> tuple[FileFault, ...]:
        """Why the newest content of the folders was not loaded; empty when it was."""
        with self._lock:
            return self._faults

    def _refresh(self) -> None:
        seen = self._look()
        self._looked_at = time.monotonic()
        if seen != self._seen:
            self._seen = seen
            self._read()

    def _read(self) -> None:
        try:
            self._content = self._take()
        except SourceError as error:
            self._faults = error.faults
        else:
            self._faults = ()

    def _look(self) -> Hashable:
        return self._beside(), tuple(one for path in self._paths for one in _prints(path))


def _prints(path: Path) -> list[tuple[str, int, int, int]]:
    try:
        with os.scandir(path) as files:
            return sorted(_print(file) for file in files if file.name.endswith((".yaml", ".yml")))
    except OSError:
        # A missing folder differs from an existing one; reading it says what is wrong.
        return []


def _print(file: "os.DirEntry[str]") -> tuple[str, int, int, int]:
    try:
        status = file.stat()
    except OSError:
        return (file.path, 0, 0, 0)
    return (file.path, status.st_mtime_ns, status.st_size, status.st_ino)
