"""The database as an archive. Implements `orchestration.portable.PortableDatabase`.

Rows pass in chunks, so memory does not grow with them. The audit log stays out, because its tables refuse to be written
by anyone but its sealer: `grace audit export` makes bundles that prove themselves. What only says who is alive now
(instances, leases, kernels) stays out too, and is made anew by the nodes that start.
"""

import os
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from grace_workers.adapters.postgres.engine import database_url, translated
from grace_workers.adapters.postgres.migrate import head
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.version import __version__
from grace_workers.orchestration.archive_file import MANIFEST, Hashed, chunks, member, opened
from grace_workers.orchestration.portable import (
    FORMAT,
    ArchiveManifest,
    ArchiveScope,
    PortableDatabase,
    TableFile,
    Told,
)

LEARNING = frozenset(
    {"co_occurrences", "knowledge", "learned_causes", "models", "precedents", "signatures", "track_records"}
)
_ALIVE_NOW = frozenset(
    {
        "alembic_version",
        "breaker_flushes",
        "breakers",
        "broker_epochs",
        "instances",
        "kernels",
        "leases",
        "node_orders",
        "slots",
    }
)
_IN_USE = ("instances", "incidents", "jobs", "signals", "tokens", "goals")

_TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND NOT starts_with(c.relname, 'audit_')
GROUP BY c.relname ORDER BY c.relname
"""

_REFERENCES = """
SELECT r.conrelid::regclass::text, r.confrelid::regclass::text FROM pg_constraint r
WHERE r.contype = 'f' AND r.connamespace = current_schema()::regnamespace
"""

_COUNTED = """
SELECT a.attname FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attidentity <> ''
"""


# The next number of an identity column is the one after the largest.
_CONTINUE = sql.SQL("SELECT setval(pg_get_serial_sequence({}, {}), max({}) + 1, false) FROM {} HAVING count(*) > 0")


class PostgresPortable(PortableDatabase):
    """Writes and restores archives over one connection of its own."""

    def __init__(self, url: str, scripts: Path) -> None:
        self._url = url
        self._scripts = scripts

    def export(self, file: Path, scope: ArchiveScope, told: Told) -> ArchiveManifest:
        with _new_file(file) as target, self._connected() as session:
            session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            revision = self._revision(session)
            wanted = {name: columns for name, columns in _tables(session).items() if _wanted(name, scope)}
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                tables = tuple(_write(session, archive, name, columns, told) for name, columns in wanted.items())
                manifest = ArchiveManifest(
                    format=FORMAT,
                    scope=scope,
                    schema_revision=revision,
                    release=__version__,
                    at=datetime.now(UTC).isoformat(),
                    tables=tables,
                )
                archive.writestr(MANIFEST, manifest.model_dump_json(indent=2))
        return manifest

    def restore(self, file: Path, told: Told) -> ArchiveManifest:
        with opened(file) as (archive, manifest), self._connected() as session:
            revision = self._revision(session)
            if manifest.schema_revision != revision:
                raise InputError(
                    f"{file} is of schema {manifest.schema_revision}, and the database is at {revision};"
                    " restore it with the release that wrote it, and upgrade afterwards"
                )
            session.execute("LOCK TABLE instances, jobs IN ACCESS EXCLUSIVE MODE")
            _refuse_used(session)
            known = _tables(session)
            _refuse_foreign(manifest, known, file)
            session.execute(sql.SQL("TRUNCATE {} CASCADE").format(_names(one.table for one in manifest.tables)))
            by_name = {one.table: one for one in manifest.tables}
            for name in _parents_first(session, by_name):
                _read(session, archive, by_name[name])
                told(name, by_name[name].rows)
        return manifest

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        plain = database_url(self._url).set(drivername="postgresql").render_as_string(hide_password=False)
        with translated(), psycopg.connect(plain, application_name="grace-archive") as session:
            yield session

    def _revision(self, session: psycopg.Connection[Any]) -> str:
        wanted = head(self._scripts)
        if session.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            raise InputError("the database has no schema; run `grace migrate` first")
        row = session.execute("SELECT version_num FROM alembic_version").fetchone()
        found = None if row is None else str(row[0])
        if found != wanted:
            raise InputError(f"the database is at schema {found}, this release's is {wanted}; run `grace migrate`")
        return wanted


@contextmanager
def _new_file(file: Path) -> Iterator[Any]:
    """Open a new file that only its owner may read, and remove it if what follows fails."""
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


def _wanted(table: str, scope: ArchiveScope) -> bool:
    return table in LEARNING if scope is ArchiveScope.LEARNING else table not in _ALIVE_NOW


def _tables(session: psycopg.Connection[Any]) -> Mapping[str, Sequence[str]]:
    return {row[0]: row[1] for row in session.execute(_TABLES).fetchall()}


def _names(names: Iterator[str] | Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _write(
    session: psycopg.Connection[Any], archive: zipfile.ZipFile, name: str, columns: Sequence[str], told: Told
) -> TableFile:
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv)").format(_names(columns), sql.Identifier(name))
    with session.cursor() as cursor, archive.open(f"{name}.csv", "w", force_zip64=True) as target:
        hashed = Hashed(target)
        with cursor.copy(statement) as copy:
            for chunk in copy:
                hashed.write(bytes(chunk))
        rows = cursor.rowcount
    told(name, rows)
    return TableFile(table=name, columns=tuple(columns), rows=rows, size=hashed.size, sha256=hashed.sha256)


def _read(session: psycopg.Connection[Any], archive: zipfile.ZipFile, table: TableFile) -> None:
    target = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(table.table), _names(table.columns))
    try:
        with session.cursor() as cursor:
            with cursor.copy(target) as copy:
                for chunk in chunks(archive, table):
                    copy.write(chunk)
            rows = cursor.rowcount
    except psycopg.DataError as error:
        raise InputError(f"table {table.table} of the archive does not fit: {str(error).splitlines()[0]}") from error
    if rows != table.rows:
        raise InputError(f"table {table.table} of the archive has {rows} rows, its manifest says {table.rows}")
    for (column,) in session.execute(_COUNTED, [table.table]).fetchall():
        session.execute(
            _CONTINUE.format(
                sql.Literal(table.table), sql.Literal(column), sql.Identifier(column), sql.Identifier(table.table)
            )
        )


def _refuse_used(session: psycopg.Connection[Any]) -> None:
    for name in _IN_USE:
        if session.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name))).fetchone() is not None:
            raise InputError(f"the database is in use: table {name} has rows; restore into an empty one")


def _refuse_foreign(manifest: ArchiveManifest, known: Mapping[str, Sequence[str]], file: Path) -> None:
    for one in manifest.tables:
        if one.table not in known or one.table in _ALIVE_NOW or not set(one.columns) <= set(known[one.table]):
            raise InputError(
                f"{file}: table {one.table[:80]!r} or its columns are unknown; it is no archive of this schema"
            )
        if member(one) == MANIFEST:
            raise InputError(f"{file}: a table cannot be named like the manifest")


def _parents_first(session: psycopg.Connection[Any], wanted: Collection[str]) -> Sequence[str]:
    needs: dict[str, set[str]] = {name: set() for name in wanted}
    for child, parent in session.execute(_REFERENCES).fetchall():
        if child in needs and parent in needs and child != parent:
            needs[child].add(parent)
    order: list[str] = []
    while needs:
        ready = sorted(name for name, parents in needs.items() if parents <= set(order)) or sorted(needs)
        order += ready
        needs = {name: parents for name, parents in needs.items() if name not in ready}
    return order
