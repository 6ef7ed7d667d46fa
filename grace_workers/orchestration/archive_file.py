"""The file of an archive: a ZIP of one CSV per table, and `manifest.json` at its end with the hash of each."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from grace_workers.foundation.errors import InputError, IntegrityError
from grace_workers.orchestration.portable import FORMAT, ArchiveManifest, TableFile

MANIFEST = "manifest.json"
CHUNK = 1 << 16
_LARGEST_MANIFEST = 1 << 22


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
            named = {MANIFEST, *(member(one) for one in manifest.tables)}
            if sorted(found.namelist()) != sorted(named):
                raise IntegrityError(f"{file}: its files are not those that its manifest names")
            yield found, manifest
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from error
    except (zipfile.BadZipFile, EOFError) as error:
        raise IntegrityError(f"{file} is no archive, or it is damaged: {error}") from error


def member(table: TableFile) -> str:
    """Return the name of a table's file."""
    return f"{table.table}.csv"


def _manifest(found: zipfile.ZipFile, file: Path) -> ArchiveManifest:
    try:
        info = found.getinfo(MANIFEST)
        if info.file_size > _LARGEST_MANIFEST:
            raise IntegrityError(f"{file}: its manifest is larger than {_LARGEST_MANIFEST} bytes")
        raw = json.loads(found.read(MANIFEST))
    except (KeyError, ValueError) as error:
        raise IntegrityError(f"{file} has no readable manifest, so it is no archive of a fleet") from error
    number = raw.get("format") if isinstance(raw, dict) else None
    if isinstance(number, int) and number > FORMAT:
        raise InputError(f"{file} has format {number}, and this release reads {FORMAT}; use the release that wrote it")
    return ArchiveManifest.read(raw, f"manifest of {file}")


def chunks(found: zipfile.ZipFile, table: TableFile) -> Iterator[bytes]:
    """Yield a table's bytes, and compare them with the manifest at the end. Raises IntegrityError."""
    seen, size = hashlib.sha256(), 0
    with found.open(member(table)) as source:
        while chunk := source.read(CHUNK):
            seen.update(chunk)
            size += len(chunk)
            if size > table.size:
                break
            yield chunk
    if (size, seen.hexdigest()) != (table.size, table.sha256):
        raise IntegrityError(f"table {table.table} of the archive is not what its manifest says; use another copy")


def verify(file: Path) -> ArchiveManifest:
    """Compare every table with the manifest, without a database. Raises as `opened` and `chunks` do."""
    with opened(file) as (found, manifest):
        for table in manifest.tables:
            for _ in chunks(found, table):
                pass
    return manifest


class Hashed:
    """Passes bytes on to a file, and counts and hashes them."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, chunk: bytes) -> None:
        """Write a chunk."""
        self._hash.update(chunk)
        self.size += len(chunk)
        self._target.write(chunk)

    @property
    def sha256(self) -> str:
        """The hash of what was written."""
        return self._hash.hexdigest()
