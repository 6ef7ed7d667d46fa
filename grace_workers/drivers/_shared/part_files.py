"""The files of parts of safe points: one archive a part, complete or absent.

An archive is built under another name and gets its own once it is on disk.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import IO, BinaryIO, cast
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from grace_workers.actions import UNDOES
from grace_workers.drivers._shared.own_copies import PARTIAL, is_over, opened_copy
from grace_workers.foundation.errors import InputError, IntegrityError, NotFoundError, PermanentError
from grace_workers.foundation.plain_file import sync_folder, translated

RESERVE = 256 << 20
"""How many bytes a part leaves free on the disk, because the fleet's own database may lie on the same one."""

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_CHUNK = 1 << 20
_UNDOABLE = timedelta(days=7)
_FREE_LOOK = 16 << 20


class PartFiles:
    """The parts of one target. Each is dropped when it is older than `keep`, and one of a restore after a week."""

    def __init__(self, folder: Path, keep: timedelta, reserve: int = RESERVE) -> None:
        self.folder = folder
        self._keep = keep
        self._reserve = reserve

    def has(self, key: str) -> bool:
        """Return whether a part is kept and not over."""
        with translated(f"part {key!r}"):
            try:
                return self.until(key) > datetime.now(UTC)
            except FileNotFoundError:
                return False

    def until(self, key: str) -> datetime:
        """Return until when a part is kept. Raises FileNotFoundError."""
        return datetime.fromtimestamp(self._path(key).stat().st_mtime, UTC) + self._lasting(key)

    def size(self, key: str) -> int:
        """Return the bytes of a part. Raises FileNotFoundError."""
        return self._path(key).stat().st_size

    def keys(self) -> Iterator[str]:
        """Yield the keys of the parts that are there."""
        yield from (path.stem for path in self.folder.glob("*.zip"))

    def build(self, key: str, fill: Callable[[ZipFile], None]) -> None:
        """Let `fill` write a part; if another process has finished the same part first, that one stays.

        Raises:
            PermanentError: the disk has no room for it; nothing is left of it.
        """
        path = self._path(key)
        with translated(f"safe points in {str(self.folder)!r}"):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._prune()
            building = self.folder / f".{key}.{token_hex(4)}{PARTIAL}"
            try:
                self._write(building, fill)
                with suppress(FileExistsError):
                    # Unlike a rename, a link never replaces a part, whose SHA-256 may be noted already.
                    os.link(building, path)
                sync_folder(self.folder)
            finally:
                with suppress(FileNotFoundError):
                    building.unlink()

    def forget(self, key: str) -> None:
        """Drop a part, if it is there."""
        path = self._path(key)
        with translated(f"part {key!r}"):
            path.unlink(missing_ok=True)

    @contextmanager
    def opened(self, key: str, sha256: str | None) -> Iterator[tuple[ZipFile, str]]:
        """Yield an archive that is what `sha256` says, if that is known, and its SHA-256.

        Raises:
            NotFoundError: it is not kept here.
            IntegrityError: it is another, damaged, or may have been changed by others.
        """
        path = self._path(key)
        with translated(f"part {key!r}"):
            try:
                file = opened_copy(path, self.folder, f"part {key!r}")
            except FileNotFoundError as error:
                raise NotFoundError(
                    f"part {key!r} is not in {str(self.folder)!r}; its time is over, or it lies on the node that took "
                    f"the safe point"
                ) from error
        with file:
            with translated(f"part {key!r}"):
                is_now = _hash(file)
            if sha256 is not None and is_now != sha256:
                raise IntegrityError(f"part {key!r} in {str(self.folder)!r} is not what was kept; nothing is done")
            try:
                with ZipFile(file) as archive:
                    yield archive, is_now
            except BadZipFile as error:
                raise IntegrityError(f"part {key!r} cannot be read: {error}") from error

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise InputError(f"part {key[:80]!r} must be 1 to 80 of the characters [a-z0-9-]")
        return self.folder / f"{key}.zip"

    def _write(self, building: Path, fill: Callable[[ZipFile], None]) -> None:
        descriptor = os.open(building, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            counted = _Roomy(file, self.folder, self._reserve)
            # Level 1: most of the time goes into reading, and a higher level saves little.
            with ZipFile(cast("IO[bytes]", counted), "w", ZIP_DEFLATED, compresslevel=1) as archive:
                fill(archive)
            file.flush()
            os.fsync(descriptor)

    def _prune(self) -> None:
        for entry in list(os.scandir(self.folder)):
            ours = entry.name.endswith(".zip")
            # Another process may prune at the same moment.
            with suppress(FileNotFoundError):
                if is_over(entry, self._lasting(entry.name) if ours else None):
                    Path(entry.path).unlink()

    def _lasting(self, key: str) -> timedelta:
        return min(_UNDOABLE, self._keep) if key.startswith(UNDOES) else self._keep


class _Roomy:
    """A file whose writer is told in our words, and in time, that its disk is full."""

    def __init__(self, file: BinaryIO, folder: Path, reserve: int) -> None:
        self._file = file
        self._folder = folder
        self._reserve = reserve
        self._unlooked = _FREE_LOOK

    def write(self, data: bytes, /) -> int:
        self._unlooked += len(data)
        with self._named():
            if self._unlooked >= _FREE_LOOK:
                self._unlooked = 0
                self._look()
            return self._file.write(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        with self._named():
            return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        with self._named():
            self._file.flush()

    def _look(self) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < self._reserve:
            raise PermanentError(
                f"safe points in {str(self._folder)!r}: {free} bytes are free there, and {self._reserve} must stay "
                f"free; free space there, or give `safe_point` of the target another `folder`"
            )

    def _named(self) -> AbstractContextManager[None]:
        return translated(f"safe points in {str(self._folder)!r}")


def _hash(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
