"""Implements `orchestration.portable.PortableDatabase` over one connection of its own.

What only says who is alive now (instances, leases, kernels) stays out, and is made anew by the nodes that start.
"""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg

from grace_workers.adapters.postgres.engine import database_url, translated
from grace_workers.adapters.postgres.migrate import head
from grace_workers.adapters.postgres.portable.lines import write_csv, write_jsonl
from grace_workers.adapters.postgres.portable.parquet import write_parquet
from grace_workers.adapters.postgres.portable.restoring import read_audit, read_tables, refuse_unfit, refuse_used
from grace_workers.adapters.postgres.portable.tables import Session, Table, belongs, tables
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.version import __version__
from grace_workers.orchestration.archive_file import MANIFEST, Hashed, file_name, new_file, opened
from grace_workers.orchestration.portable import (
    FORMAT,
    ArchiveManifest,
    ArchiveScope,
    FileFormat,
    PortableDatabase,
    TableFile,
    Teller,
)

_WRITERS: Mapping[FileFormat, Callable[[Session, Table, Hashed], int]] = {
    FileFormat.CSV: write_csv,
    FileFormat.JSONL: write_jsonl,
    FileFormat.PARQUET: write_parquet,
}


class PostgresPortable(PortableDatabase):
    """Writes and restores archives."""

    def __init__(self, url: str, scripts: Path) -> None:
        self._url = url
        self._scripts = scripts

    def export(
        self, file: Path, scope: ArchiveScope, told: Teller, *, written_as: FileFormat = FileFormat.CSV
    ) -> ArchiveManifest:
        with new_file(file) as target, self._connected() as session:
            session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            revision = self._revision(session)
            wanted = [one for one in tables(session).values() if belongs(one.name, scope)]
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                manifest = ArchiveManifest(
                    format=FORMAT,
                    scope=scope,
                    schema_revision=revision,
                    release=__version__,
                    at=datetime.now(UTC).isoformat(),
                    written_as=written_as,
                    tables=tuple(_write(session, archive, one, written_as, told) for one in wanted),
                )
                archive.writestr(MANIFEST, manifest.model_dump_json(indent=2))
        return manifest

    def restore(self, file: Path, told: Teller, *, audit_of: str | None = None) -> ArchiveManifest:
        with opened(file) as (archive, manifest), self._connected() as session:
            refuse_unfit(manifest, tables(session), self._revision(session))
            refuse_used(session)
            if audit_of is not None:
                read_audit(session, archive, manifest, told, audit_of)
            read_tables(session, archive, manifest, told)
        return manifest

    @contextmanager
    def _connected(self) -> Iterator[Session]:
        plain = database_url(self._url).set(drivername="postgresql").render_as_string(hide_password=False)
        with translated(), psycopg.connect(plain, application_name="grace-archive") as session:
            yield session

    def _revision(self, session: Session) -> str:
        wanted = head(self._scripts)
        if session.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            raise InputError("the database has no schema; run `grace migrate` first")
        row = session.execute("SELECT version_num FROM alembic_version").fetchone()
        found = None if row is None else str(row[0])
        if found != wanted:
            raise InputError(f"the database is at schema {found}, this release's is {wanted}; run `grace migrate`")
        return wanted


def _write(session: Session, archive: zipfile.ZipFile, table: Table, written_as: FileFormat, told: Teller) -> TableFile:
    member = zipfile.ZipInfo(file_name(table.name, written_as), datetime.now(UTC).timetuple()[:6])
    member.compress_type = zipfile.ZIP_STORED if written_as is FileFormat.PARQUET else zipfile.ZIP_DEFLATED
    with archive.open(member, "w", force_zip64=True) as target:
        hashed = Hashed(target, partial(told, table.name))
        rows = _WRITERS[written_as](session, table, hashed)
    told(table.name, hashed.size, rows)
    columns = tuple(table.columns)
    return TableFile(table=table.name, columns=columns, rows=rows, size=hashed.size, sha256=hashed.sha256)
