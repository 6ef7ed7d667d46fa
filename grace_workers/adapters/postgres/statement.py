"""Running one SQL statement inside a SQLAlchemy connection's transaction: `one`, `many`, `run`, `run_all`."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import psycopg
from sqlalchemy import Connection


def many(connection: Connection, statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
    """Run one statement with psycopg's own `%(name)s` marks and return its rows."""
    with _cursor(connection) as cursor:
        return cursor.execute(statement, values).fetchall()


def one(connection: Connection, statement: str, values: Mapping[str, Any]) -> Any:
    """Run one statement and return its first row, or None."""
    with _cursor(connection) as cursor:
        return cursor.execute(statement, values).fetchone()


def run(connection: Connection, statement: str, values: Mapping[str, Any]) -> int:
    """Run one statement that gives no rows and return how many rows it changed."""
    with _cursor(connection) as cursor:
        return cursor.execute(statement, values).rowcount


def run_all(connection: Connection, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run one statement that gives no rows for each of `rows`, in their order, without waiting in between."""
    with _cursor(connection) as cursor:
        cursor.executemany(statement, rows)


def _cursor(connection: Connection) -> psycopg.Cursor[Any]:
    # psycopg's cursor costs half the processor time of SQLAlchemy's result, and a claim is little else.
    if not connection.in_transaction():
        connection.begin()
    return cast("psycopg.Cursor[Any]", connection.connection.cursor())
