"""Tables as a part of safe points: their rows, all of one moment, put back in one transaction."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from typing import Any, BinaryIO

import psycopg
from psycopg import sql

from grace_workers.actions import go_on
from grace_workers.drivers._shared.kept_items import KeptItem, Printed, ReadItem, Sink
from grace_workers.drivers._shared.kept_parts import KeptParts, PartRoom
from grace_workers.drivers.postgres.console import PostgresConsole
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, NotFoundError, PermanentError

Session = psycopg.Connection[dict[str, Any]]

_CHUNK = 1 << 18
# What a value looks like must not depend on who asks, and no policy may hide a row without an error.
_PLAIN = sql.SQL("""
    SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL timezone = 'UTC';
    SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL client_encoding = 'UTF8';
    SET LOCAL row_security = off
""")
_TABLE = sql.SQL("""
    SELECT class.oid, space.nspname AS schema, class.relname AS name, class.relkind::text AS kind,
        ARRAY(SELECT ARRAY[attname::text, format_type(atttypid, atttypmod)] FROM pg_attribute
            WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
            ORDER BY attnum) AS columns,
        ARRAY(SELECT attname::text FROM pg_index AS index
            CROSS JOIN LATERAL unnest(index.indkey) WITH ORDINALITY AS part (number, place)
            JOIN pg_attribute ON attrelid = class.oid AND attnum = part.number
            WHERE index.indrelid = class.oid AND index.indisprimary ORDER BY part.place) AS key
    FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = class.relnamespace
    WHERE class.oid = to_regclass(%(table)s)
""")
_REFERENCES = sql.SQL("""
    SELECT conrelid AS child, confrelid AS parent, conrelid::regclass::text AS child_name,
        confrelid::regclass::text AS parent_name
    FROM pg_constraint WHERE contype = 'f' AND confrelid = ANY(%(tables)s) AND conrelid <> confrelid
""")
# 4 and 32 are the bits of INSERT and TRUNCATE.
_TRIGGERS = sql.SQL("""
    SELECT tgrelid AS of, tgname::text AS name, tgenabled::text AS enabled FROM pg_trigger
    WHERE tgrelid = ANY(%(tables)s) AND NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgtype & 36 <> 0
""")


class TableParts(KeptParts):
    """The rows of the declared tables. Sequences are left as they are, so that no number is given out twice."""

    def __init__(self, console: PostgresConsole, tables: Sequence[str], room: PartRoom) -> None:
        super().__init__(room)
        self._console = console
        self._tables = tuple(tables)

    @contextmanager
    def opened(self, *, writing: bool) -> "Iterator[_Tables]":
        """Read all tables as of one moment; to write, lock them."""
        with self._console.long_session() as session, session.transaction():
            if not writing:
                session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            session.execute(_PLAIN)
            found = _Tables(session, [_look(session, table) for table in self._tables])
            found.check()
            if writing:
                found.lock()
            yield found


class _Tables:
    def __init__(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        self._session = session
        self._rows = {f"{row['schema']}.{row['name']}": row for row in rows}
        self._order: Sequence[str] = ()

    def check(self) -> None:
        """Find the order in which rows may be put back.

        Raises:
            PermanentError: a table that is not declared refers to these, or they refer to each other in a circle.
        """
        names = {row["oid"]: name for name, row in self._rows.items()}
        sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(sorted(self._rows), ()))
        for one in self._session.execute(_REFERENCES, {"tables": list(names)}):
            if one["child"] not in names:
                raise PermanentError(
                    f"table {one['child_name']} refers to {one['parent_name']}, which could not be put back without "
                    f"it; add it to `tables` of the target's `safe_point`"
                )
            sorter.add(names[one["child"]], names[one["parent"]])
        try:
            self._order = tuple(sorter.static_order())
        except CycleError as error:
            raise PermanentError(
                f"the tables {', '.join(error.args[1])} refer to each other in a circle, so their rows cannot be put "
                f"back one table after another; leave them out of `safe_point`"
            ) from error

    def lock(self) -> None:
        """Let no one else read or write the tables until the transaction ends."""
        tables = sql.SQL(", ").join(_only(row) for row in self._rows.values())
        self._session.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(tables))
        # A table with a constraint that waits for the end cannot be altered.
        self._session.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def names(self) -> Iterator[str]:
        yield from sorted(self._rows)

    def read(self, name: str, into: Sink) -> ReadItem | None:
        row = self._rows[name]
        columns: list[JsonValue] = [list(one) for one in row["columns"]]
        printed, lines = Printed(into, json.dumps(columns)), 0
        with self._session.cursor() as cursor, cursor.copy(_reading(row)) as copy:
            for data in copy:
                printed.write(bytes(data))
                lines += bytes(data).count(b"\n")
        return ReadItem(sha256=printed.sha256, about={"columns": columns, "rows": lines})

    def expected(self, kept: Mapping[str, KeptItem]) -> Mapping[str, KeptItem]:
        return kept

    def write(
        self, kept: Mapping[str, KeptItem], changed: Mapping[str, str | None], content: Callable[[KeptItem], BinaryIO]
    ) -> None:
        del changed
        for name, row in self._rows.items():
            _fits(name, row, kept.get(name))
        # A table that others refer to is emptied together with them, so all are written.
        with self._quiet():
            tables = sql.SQL(", ").join(_only(row) for row in self._rows.values())
            self._session.execute(sql.SQL("TRUNCATE {}").format(tables))
            for name in self._order:
                go_on()
                self._fill(name, kept[name], content)

    def _fill(self, name: str, kept: KeptItem, content: Callable[[KeptItem], BinaryIO]) -> None:
        try:
            with (
                content(kept) as stream,
                self._session.cursor() as cursor,
                cursor.copy(_writing(self._rows[name])) as copy,
            ):
                while chunk := stream.read(_CHUNK):
                    copy.write(chunk)
        except psycopg.IntegrityError as error:
            said = error.diag.message_primary or "a constraint is violated"
            raise ConflictError(
                f"the rows of table {name} do not fit what the database holds today ({said}); nothing was put back"
            ) from error

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Keep triggers from acting on rows that were there before."""
        tables = {row["oid"]: row for row in self._rows.values()}
        found = self._session.execute(_TRIGGERS, {"tables": list(tables)}).fetchall()
        for one in found:
            self._switch(tables[one["of"]], "DISABLE TRIGGER {}", one["name"])
        yield
        for one in found:
            again = "ENABLE ALWAYS TRIGGER {}" if one["enabled"] == "A" else "ENABLE TRIGGER {}"
            self._switch(tables[one["of"]], again, one["name"])

    def _switch(self, row: Mapping[str, Any], how: Any, trigger: str) -> None:
        words = sql.SQL(how).format(sql.Identifier(trigger))
        self._session.execute(sql.SQL("ALTER TABLE {} {}").format(_only(row), words))


def _look(session: Session, table: str) -> Mapping[str, Any]:
    quoted = ".".join(f'"{part}"' for part in table.split("."))
    row = session.execute(_TABLE, {"table": quoted}).fetchone()
    if row is None:
        raise NotFoundError(f"no table {table!r} in the database; correct `tables` of the target's `safe_point`")
    if row["kind"] != "r":
        raise PermanentError(
            f"{table!r} is not a plain table, so its rows cannot be kept; declare the partitions of a partitioned one"
        )
    return row


def _fits(name: str, row: Mapping[str, Any], kept: KeptItem | None) -> None:
    now = [list(one) for one in row["columns"]]
    if kept is None or kept.about.get("columns") != now:
        raise ConflictError(
            f"table {name} has other columns than when the safe point was taken; bring the schema back to that, then "
            f"try again"
        )


def _reading(row: Mapping[str, Any]) -> sql.Composed:
    columns = sql.SQL(", ").join(sql.Identifier(name) for name, _ in row["columns"])
    order = sql.SQL(", ").join(sql.Identifier(name) for name in row["key"])
    whole = sql.SQL('(found.*)::text COLLATE "C"')
    return sql.SQL("COPY (SELECT {} FROM {} AS found ORDER BY {}) TO STDOUT").format(
        columns, _only(row), order if row["key"] else whole
    )


def _writing(row: Mapping[str, Any]) -> sql.Composed:
    columns = sql.SQL(", ").join(sql.Identifier(name) for name, _ in row["columns"])
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(row["schema"], row["name"]), columns)


def _only(row: Mapping[str, Any]) -> sql.Composed:
    return sql.SQL("ONLY {}").format(sql.Identifier(row["schema"], row["name"]))
