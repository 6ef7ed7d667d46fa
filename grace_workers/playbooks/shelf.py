"""`Shelf`: a folder of playbooks that is read again when it changes."""

import threading
from pathlib import Path

from grace_workers.actions import AnyPrimitive
from grace_workers.foundation.catalog import Catalog
from grace_workers.playbooks.crosscheck import Checks
from grace_workers.playbooks.library import Library
from grace_workers.playbooks.loader import load_directory
from grace_workers.playbooks.source import Fault, SourceError

_Look = tuple[tuple[str, int, int, int], ...] | None


class Shelf:
    """Keeps the last good library: a broken edit changes nothing but `faults`. Safe to share between threads."""

    def __init__(self, path: Path, primitives: Catalog[AnyPrimitive], checks: Checks) -> None:
        """Read the folder. Raises SourceError when it has a fault: there is no good library yet to fall back on."""
        self._path = path
        self._primitives = primitives
        self._checks = checks
        self._lock = threading.Lock()
        self._faults: tuple[Fault, ...] = ()
        self._seen = self._look()
        self._library = load_directory(path, primitives, checks)

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
        """Why the newest content of the folder was not taken; empty when it was."""
        with self._lock:
            return self._faults

    def _read(self) -> None:
        try:
            self._library = load_directory(self._path, self._primitives, self._checks)
        except SourceError as error:
            self._faults = error.faults
        else:
            self._faults = ()

    def _look(self) -> _Look:
        try:
            return tuple(
                (file.name, status.st_mtime_ns, status.st_size, status.st_ino)
                for file in sorted(self._path.iterdir())
                if file.suffix in {".yaml", ".yml"}
                for status in (file.stat(),)
            )
        except OSError:
            # A file may vanish between listing and looking; the next call looks again.
            return None
