"""Running SQL inside a transaction: `one`, `many`, `run`, `run_all`, `run_each`, `stream`. All stores use these.

Statements are text with psycopg's `%(name)s` marks and run on psycopg's own cursor, which costs half the processor time
of SQLAlchemy's result. There are two exceptions: `jobs.autocommit`, whose statements are transactions by themselves,
and `audit`, which must work where SQLAlchemy is not installed.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any, cast

import psycopg
from sqlalchemy import Connection

BATCH = 500
READS_ONLY: Mapping[str, Any] = {"grace_reads_only": True}
"""The execution options of a connection on which statements that write or lock are refused."""

_CURSOR = "grace_cursor"
_NUMBERS = count(1)
_CHANGES = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM|MERGE|TRUNCATE|SHARE|pg_advisory\w+)\b")


def many(connection: Connection, statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
    """Run one statement and return its rows."""
    return _run(connection, statement, values).fetchall()


def one(connection: Connection, statement: str, values: Mapping[str, Any]) -> Any:
    """Run one statement and return its first row, or None."""
    return _run(connection, statement, values).fetchone()


def run(connection: Connection, statement: str, values: Mapping[str, Any]) -> int:
    """Run one statement that gives no rows and return how many rows it changed."""
    return _run(connection, statement, values).rowcount


def run_all(connection: Connection, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run one statement that gives no rows with all of `rows`: each of its parameters is an array, a column of them."""
    if rows:
        run(connection, statement, {name: [row[name] for row in rows] for name in rows[0]})


def run_each(connection: Connection, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run one statement that gives no rows for each of `rows`, in their order, with a round trip for each.

    psycopg's `executemany` would need one for all, but ends what it sends with a flush, after which PostgreSQL does not
    count for how long the transaction is idle: a client that was cut off there would keep its locks for ever.
    """
    for row in rows:
        _run(connection, statement, row)


def stream(connection: Connection, statement: str, values: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the rows of one statement while the server keeps the rest, so that memory holds `BATCH` of them.

    Read it to its end, or close it, inside the transaction.
    """
    with _driver(connection).cursor(f"grace_stream_{next(_NUMBERS)}") as cursor:
        cursor.itersize = BATCH
        yield from cursor.execute(statement, values)


def id_since(name: str) -> str:
    """Return SQL for the least id that a row made since the time `%(name)s` can have.

    An id begins with the time at which it was made, by a clock that may be some minutes behind the database's.
    """
    milliseconds = f"(extract(epoch FROM %({name})s::timestamptz - interval '5 minutes') * 1000)::bigint"
    return f"(lpad(to_hex({milliseconds}), 12, '0') || repeat('0', 20))::uuid"


def json_text(value: Any) -> str:
    """Return a JSON value as the text of a `::json` parameter."""
    return json.dumps(value, separators=(",", ":"))


def lock(connection: Connection, word: str) -> None:
    """Let one transaction at a time continue from here under this key; the lock ends with the transaction."""
    one(connection, "SELECT pg_advisory_xact_lock(hashtextextended(%(word)s, 0))", {"word": word})


def _run(connection: Connection, statement: str, values: Mapping[str, Any]) -> psycopg.Cursor[Any]:
    if connection.get_execution_options().keys() >= READS_ONLY.keys() and _changes(statement):
        raise AssertionError(f"a statement that writes or locks, where one may only read: {statement.strip()[:80]}")
    cursor = _cursor(connection).execute(statement, values)
    if cursor.rowcount > BATCH:
        # It holds the rows until its next statement, which may be long.
        del connection.connection.info[_CURSOR]
    return cursor


@cache
def _changes(statement: str) -> bool:
    return _CHANGES.search(statement) is not None


def _cursor(connection: Connection) -> psycopg.Cursor[Any]:
    """Return the cursor that the connection keeps.

    A new one looks up anew how to write each type, which costs as much processor time as the rest of a statement.
    """
    driver, kept = _driver(connection), connection.connection.info
    if (cursor := kept.get(_CURSOR)) is None:
        cursor = kept[_CURSOR] = driver.cursor()
    return cast("psycopg.Cursor[Any]", cursor)


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    if not connection.in_transaction():
        connection.begin()
    return cast("psycopg.Connection[Any]", connection.connection)
