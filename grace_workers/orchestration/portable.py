"""What a fleet's database is as a file: an archive of its tables with a manifest of hashes, and its port."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from grace_workers.foundation.document import Document

FORMAT = 1
Told = Callable[[str, int], None]
"""Is told each table and its rows, as progress."""


class ArchiveScope(StrEnum):
    """What an archive holds: everything but the audit log, which has bundles of its own, or what was learned."""

    ALL = "all"
    LEARNING = "learning"


class TableFile(Document):
    """One table of an archive."""

    table: str
    columns: tuple[str, ...]
    rows: int
    size: int
    sha256: str


class ArchiveManifest(Document):
    """What an archive holds, and of which schema."""

    format: int
    scope: ArchiveScope
    schema_revision: str
    release: str
    at: str
    tables: tuple[TableFile, ...]


class PortableDatabase(Protocol):
    """A database that can be written to an archive and restored from one."""

    def export(self, file: Path, scope: ArchiveScope, told: Told) -> ArchiveManifest:
        """Write an archive of one consistent moment.

        Raises:
            InputError: the file exists, or the schema is not this release's.
            TransientError: the database is unreachable.
        """
        ...

    def restore(self, file: Path, told: Told) -> ArchiveManifest:
        """Restore an archive, all or nothing.

        Raises:
            InputError: the database is in use, or the archive does not fit it.
            IntegrityError: the archive is damaged.
        """
        ...


def tables_of(manifest: ArchiveManifest) -> Sequence[str]:
    """Return the names of the tables."""
    return [one.table for one in manifest.tables]
