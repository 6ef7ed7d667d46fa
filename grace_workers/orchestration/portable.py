"""What a fleet's database is as a file: an archive of its tables with a manifest of hashes, and its port."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from grace_workers.foundation.document import Document

FORMAT = 2
"""Format 1 had neither other formats than CSV nor the audit log."""


class ArchiveScope(StrEnum):
    """What an archive holds: everything, what was learned, or the audit log as a bundle that proves itself."""

    ALL = "all"
    LEARNING = "learning"
    AUDIT = "audit"


class FileFormat(StrEnum):
    """How a table is written. CSV can be restored; the others are for programs that read."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class ArchivedFile(Document):
    """One file of an archive."""

    size: int
    sha256: str


class TableFile(ArchivedFile):
    """One table of an archive."""

    table: str
    columns: tuple[str, ...]
    rows: int


class BundleFile(ArchivedFile):
    """One file of the audit log's bundle."""

    name: str


class ArchiveManifest(Document):
    """What an archive holds, and of which schema; a bundle has none."""

    format: int
    scope: ArchiveScope
    schema_revision: str = ""
    release: str
    at: str
    written_as: FileFormat = FileFormat.CSV
    tables: tuple[TableFile, ...] = ()
    bundle: tuple[BundleFile, ...] = ()


class Teller(Protocol):
    """Is told of progress: the bytes of a file so far, and at its end the rows of the table."""

    def __call__(self, what: str, size: int, rows: int | None = None) -> None:
        """Take note of it."""


class PortableDatabase(Protocol):
    """A database that can be written to an archive and restored from one."""

    def export(
        self, file: Path, scope: ArchiveScope, told: Teller, *, written_as: FileFormat = FileFormat.CSV
    ) -> ArchiveManifest:
        """Write an archive of one consistent moment.

        Raises:
            InputError: the file exists, or the schema is not this release's.
            TransientError: the database is unreachable.
        """
        ...

    def restore(self, file: Path, told: Teller, *, audit_of: str | None = None) -> ArchiveManifest:
        """Restore an archive, all or nothing; with the audit log if it is the one of this origin, else without.

        Raises:
            InputError: the database is in use, or the archive does not fit it.
            IntegrityError: the archive is damaged.
        """
        ...


def tables_of(manifest: ArchiveManifest) -> Sequence[str]:
    """Return the names of the tables."""
    return [one.table for one in manifest.tables]
