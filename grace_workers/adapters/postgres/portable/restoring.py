"""Reading an archive's tables into an empty database; the audit log as its owner, and its head as the sealer."""

import csv
import zipfile
from collections.abc import Mapping
from io import StringIO

import psycopg
from psycopg import sql

from grace_workers.adapters.postgres.audit.session import SEALER, role_clause
from grace_workers.adapters.postgres.portable.tables import ALIVE_NOW, AUDIT, Session, Table, names, parents_first
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.archive_file import chunks
from grace_workers.orchestration.portable import ArchiveManifest, ArchiveScope, FileFormat, TableFile, Teller

_OWNER = "grace_audit_owner"
_HEAD, _LOG = "audit_head", "audit_log"
_PARTITION = 20
_LONGEST_SIZE = 18
_IN_USE = ("instances", "incidents", "jobs", "signals", "tokens", "goals")
_COUNTED = "SELECT a.attname FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attidentity <> ''"
# The next number of an identity column is the one after the largest.
_CONTINUE = sql.SQL("SELECT setval(pg_get_serial_sequence({}, {}), max({}) + 1, false) FROM {} HAVING count(*) > 0")


def refuse_unfit(manifest: ArchiveManifest, known: Mapping[str, Table], revision: str) -> None:
    """Refuse an archive that is not to be restored, or not into this database. Raises InputError."""
    if manifest.scope is ArchiveScope.AUDIT:
        raise InputError("an archive of the audit log alone is for proving; `grace import --verify` does that")
    if manifest.written_as is not FileFormat.CSV:
        raise InputError(f"an archive of {manifest.written_as} files is for programs to read; only csv can be restored")
    if manifest.schema_revision != revision:
        raise InputError(
            f"the archive is of schema {manifest.schema_revision}, and the database is at {revision};"
            " restore it with the release that wrote it, and upgrade afterwards"
        )
    if not manifest.tables:
        raise InputError("the archive has no tables, so there is nothing to restore")
    for one in manifest.tables:
        if not one.columns or len(set(one.columns)) < len(one.columns):
            raise InputError(f"table {one.table[:80]!r} of the archive has no columns, or one of them twice")
        if one.table not in known or one.table in ALIVE_NOW or not set(one.columns) <= set(known[one.table].columns):
            raise InputError(f"table {one.table[:80]!r} or its columns are unknown; it is no archive of this schema")


def refuse_used(session: Session) -> None:
    """Refuse a database in which there is anything. Raises InputError."""
    session.execute("LOCK TABLE instances, jobs IN ACCESS EXCLUSIVE MODE")
    for name in _IN_USE:
        if session.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name))).fetchone() is not None:
            raise InputError(f"the database is in use: table {name} has rows; restore into an empty one")


def read_tables(session: Session, archive: zipfile.ZipFile, manifest: ArchiveManifest, told: Teller) -> None:
    """Read all tables but the audit log's."""
    by_name = {one.table: one for one in manifest.tables if not one.table.startswith(AUDIT)}
    if not by_name:
        return
    session.execute(sql.SQL("TRUNCATE {} CASCADE").format(names(by_name)))
    for name in parents_first(session, by_name):
        _read(session, archive, by_name[name], told)


def read_audit(
    session: Session, archive: zipfile.ZipFile, manifest: ArchiveManifest, told: Teller, origin: str
) -> None:
    """Read the audit log with its proofs, so that it goes on where it ended.

    Raises:
        InputError: the archive has no log or that of another origin, or the database has entries of its own.
    """
    by_name = {one.table: one for one in manifest.tables if one.table.startswith(AUDIT)}
    if _HEAD not in by_name:
        raise InputError("the archive holds no audit log; restore it without --with-audit")
    head = _head(archive, by_name.pop(_HEAD))
    size = _size(head["size"], by_name)
    if head["origin"] != origin:
        raise InputError(
            f"the archive's audit log is {head['origin'][:80]!r}, and the keys here are those of {origin!r};"
            " copy the folder of its keys and its anchor file first, or leave out --with-audit"
        )
    _refuse_entries(session)
    session.execute(role_clause(session, _OWNER) or "SELECT 1")
    session.execute("SELECT audit_extend(part) FROM generate_series(0, %s) part", [size >> _PARTITION])
    for name in sorted(by_name):
        _read(session, archive, by_name[name], told)
    session.execute(role_clause(session, SEALER) or "SELECT 1")
    session.execute(
        "UPDATE audit_head SET origin = %(origin)s, size = %(size)s::bigint, frontier = %(frontier)s::bytea,"
        " chain = %(chain)s::bytea, streams = %(streams)s::bigint",
        head,
    )
    session.execute("RESET ROLE")


def _size(told: str, tables: Mapping[str, TableFile]) -> int:
    """Return how many entries the log has, which must be those that the archive holds. Raises InputError."""
    rows = tables[_LOG].rows if _LOG in tables else 0
    if not told.isdecimal() or len(told) > _LONGEST_SIZE or int(told) != rows:
        raise InputError(f"the archive's audit log holds {rows} entries, and its head names {told[:40]!r}")
    return int(told)


def _refuse_entries(session: Session) -> None:
    waiting = session.execute("SELECT (SELECT size FROM audit_head), EXISTS (SELECT FROM audit_inbox)").fetchone()
    if waiting != (0, False):
        raise InputError("the database has an audit log of its own; restore into one that no node has used")


def _head(archive: zipfile.ZipFile, table: TableFile) -> dict[str, str]:
    text = b"".join(chunks(archive, table)).decode()
    rows = list(csv.DictReader(StringIO(text), fieldnames=table.columns))
    if len(rows) != 1 or not {"origin", "size", "frontier", "chain", "streams"} <= rows[0].keys():
        raise InputError("the archive's audit log has no head that this release can read")
    return rows[0]


def _read(session: Session, archive: zipfile.ZipFile, table: TableFile, told: Teller) -> None:
    target = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(table.table), names(table.columns))
    size = 0
    try:
        with session.cursor() as cursor:
            with cursor.copy(target) as copy:
                for chunk in chunks(archive, table):
                    copy.write(chunk)
                    size += len(chunk)
                    told(table.table, size)
            rows = cursor.rowcount
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise InputError(f"table {table.table} of the archive does not fit: {str(error).splitlines()[0]}") from error
    if rows != table.rows:
        raise InputError(f"table {table.table} of the archive has {rows} rows, its manifest says {table.rows}")
    for (column,) in session.execute(_COUNTED, [table.table]).fetchall():
        name, identity = sql.Literal(table.table), sql.Identifier(column)
        session.execute(_CONTINUE.format(name, sql.Literal(column), identity, sql.Identifier(table.table)))
    told(table.table, size, rows)
