"""The file of an archive: a ZIP of one file per table, and `manifest.json` at its end with the hash of each."""

import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from grace_workers.foundation.errors import InputError, IntegrityError
from grace_workers.orchestration.portable import (
    FORMAT,
    ArchivedFile,
    ArchiveManifest,
    FileFormat,
    TableFile,
)

MANIFEST = "manifest.json"
BUNDLE = "audit/"
CHUNK = 1 << 16
_LARGEST_MANIFEST = 1 << 22


@contextmanager
def new_file(file: Path) -> Iterator[IO[bytes]]:
    """Open a new file that only its owner may read, and remove it if what follows fails. Raises InputError."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise InputError(f"{file} exists; name a new file") from error
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as target:
            yield target
    except BaseException:
        file.unlink(missing_ok=True)
        raise


@contextmanager
def opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, ArchiveManifest]]:
    """Open an archive and read its manifest.

    Raises:
        InputError: there is no such file, or it is of a newer format.
        IntegrityError: it is no archive, or truncated, or holds other files than its manifest names.
    """
    try:
        with zipfile.ZipFile(file) as found:
            manifest = _manifest(found, file)
            if sorted(found.namelist()) != sorted([MANIFEST, *members(manifest)]):
                raise IntegrityError(f"{file}: its files are not those that its manifest names")
            yield found, manifest
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from error
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise IntegrityError(f"{file} is no archive, or it is damaged: {error}") from error


def file_name(table: str, written_as: FileFormat) -> str:
    """Return the name of a table's file."""
    return f"{table}.{written_as.value}"


def members(manifest: ArchiveManifest) -> Mapping[str, ArchivedFile]:
    """Return the files that the manifest names."""
    return {
        **{file_name(one.table, manifest.written_as): one for one in manifest.tables},
        **{f"{BUNDLE}{one.name}": one for one in manifest.bundle},
    }


def _manifest(found: zipfile.ZipFile, file: Path) -> ArchiveManifest:
    try:
        info = found.getinfo(MANIFEST)
        if info.file_size > _LARGEST_MANIFEST:
            raise IntegrityError(f"{file}: its manifest is larger than {_LARGEST_MANIFEST} bytes")
        raw = json.loads(found.read(MANIFEST))
    # RuntimeError: it is encrypted, packed in an unknown way, or nested without end.
    except (KeyError, ValueError, RuntimeError) as error:
        raise IntegrityError(f"{file} has no readable manifest, so it is no archive of a fleet") from error
    number = raw.get("format") if isinstance(raw, dict) else None
    if isinstance(number, int) and number > FORMAT:
        raise InputError(f"{file} has format {number}, and this release reads {FORMAT}; use the release that wrote it")
    return ArchiveManifest.read(raw, f"manifest of {file}")


def chunks(found: zipfile.ZipFile, table: TableFile) -> Iterator[bytes]:
    """Yield the bytes of a table that was written as CSV. Raises IntegrityError as `parts` does."""
    return parts(found, file_name(table.table, FileFormat.CSV), table)


def parts(found: zipfile.ZipFile, name: str, said: ArchivedFile) -> Iterator[bytes]:
    """Yield a file's bytes, and compare them with the manifest at the end. Raises IntegrityError."""
    seen, size = hashlib.sha256(), 0
    with _opened_in(found, name) as source:
        while chunk := source.read(CHUNK):
            seen.update(chunk)
            size += len(chunk)
            if size > said.size:
                break
            yield chunk
    if (size, seen.hexdigest()) != (said.size, said.sha256):
        raise IntegrityError(f"{name} of the archive is not what its manifest says; use another copy")


def _opened_in(found: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return found.open(name)
    except RuntimeError as error:
        raise IntegrityError(f"{name} of the archive is encrypted, or packed in a way that no export uses") from error


def verify(file: Path, told: Callable[[str, int], None] = lambda _what, _size: None) -> ArchiveManifest:
    """Compare every file with the manifest, without a database. Raises as `opened` and `parts` do."""
    with opened(file) as (found, manifest):
        for name, said in members(manifest).items():
            size = 0
            for chunk in parts(found, name, said):
                size += len(chunk)
                told(name, size)
    return manifest


class Hashed(io.IOBase):
    """Passes bytes on to a file, counts and hashes them, and tells of it. Who opened the target closes it."""

    def __init__(self, target: IO[bytes], told: Callable[[int], None] = lambda _size: None) -> None:
        self._target = target
        self._hash = hashlib.sha256()
        self._told = told
        self.size = 0

    def write(self, chunk: bytes | bytearray | memoryview) -> int:
        """Write a chunk."""
        self._hash.update(chunk)
        self.size += len(chunk)
        self._target.write(chunk)
        self._told(self.size)
        return len(chunk)

    def writable(self) -> bool:
        """Return that it can be written."""
        return True

    def tell(self) -> int:
        """Return how much was written."""
        return self.size

    @property
    def sha256(self) -> str:
        """The hash of what was written."""
        return self._hash.hexdigest()
