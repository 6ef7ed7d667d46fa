"""`Shelf`: folders of playbooks that are read again when they change."""

import threading
from collections.abc import Sequence
from pathlib import Path

from grace_workers.actions import AnyPrimitive
from grace_workers.foundation.catalog import Catalog
from grace_workers.playbooks.crosscheck import Checks
from grace_workers.playbooks.library import Library
from grace_workers.playbooks.loader import load_directories
from grace_workers.playbooks.source import Fault, SourceError

_Look = tuple[tuple[str, int, int, int], ...]


class Shelf:
    """Keeps the last good library: a broken edit changes nothing but `faults`. Safe to share between threads."""

    def __init__(self, paths: Sequence[Path], primitives: Catalog[AnyPrimitive], checks: Checks) -> None:
        """Read the folders. Raises SourceError when one has a fault: there is no good library yet to fall back on."""
        self._paths = tuple(paths)
        self._primitives = primitives
        self._checks = checks
        self._lock = threading.Lock()
        self._faults: tuple[Fault, ...] = ()
        self._seen = self._look()
        self._library = load_directories(self._paths, primitives, checks)

    def current(self) -> Library:
        """Return the library, read again if a file's name, time, size or inode has changed."""
        with self._lock:
            seen = self._look()
            if seen != self._seen:
                self._seen = seen
                self._read()
            return self._library

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Why the newest content of the folders was not taken; empty when it was."""
        with self._lock:
            return self._faults

    def _read(self) -> None:
        try:
            self._library = load_directories(self._paths, self._primitives, self._checks)
        except SourceError as error:
            self._faults = error.faults
        else:
            self._faults = ()

    def _look(self) -> _Look:
        return tuple(_print(file) for path in self._paths for file in _files(path))


def _files(path: Path) -> list[Path]:
    try:
        return sorted(file for file in path.iterdir() if file.suffix in {".yaml", ".yml"})
    except OSError:
        # A folder that is gone differs from one that is there; reading it says what is wrong.
        return []


def _print(file: Path) -> tuple[str, int, int, int]:
    try:
        status = file.stat()
    except OSError:
        return (str(file), 0, 0, 0)
    return (str(file), status.st_mtime_ns, status.st_size, status.st_ino)
