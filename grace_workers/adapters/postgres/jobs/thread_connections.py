"""Connections for statements that are transactions by themselves: one per calling thread, with its own audit stream."""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakSet

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from sqlalchemy import Connection, Engine, event

from grace_workers.audit import StreamPosition


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement with `$1`, `$2` … for its texts, prepared once on each connection under its name."""

    name: str
    text: str


_PREPARED = "grace_prepared"


class _Mine(threading.local):
    connection: Connection | None = None
    cursor: "psycopg.Cursor[Any] | None" = None
    prepared: set[str]
    process: int = 0
    stream: StreamPosition | None = None


class ThreadConnections:
    """Keeps one connection of the engine's pool for every calling thread; each statement commits by itself.

    A connection on which anything failed is not used again.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._mine = _Mine()
        self._open: WeakSet[Connection] = WeakSet()
        event.listen(engine, "engine_disposed", self._discard_all)

    def rows(self, statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
        """Run one statement, in one round trip, and return its rows."""
        try:
            return self._cursor().execute(statement, values, prepare=True).fetchall()
        except BaseException:
            self._discard()
            raise

    def ask(self, statement: Prepared, *texts: str) -> Sequence[Sequence[bytes | None]]:
        """Run one prepared statement and return its rows as the server writes them.

        The whole exchange is one call that holds no interpreter lock: with eight threads at work, taking that lock
        again and again costs more than the statement.
        """
        try:
            return self._ask(statement, [text.encode() for text in texts])
        except BaseException:
            self._discard()
            raise

    def row(self, statement: str, values: Mapping[str, Any]) -> Any:
        """Run one statement and return its first row, or None."""
        rows = self.rows(statement, values)
        return rows[0] if rows else None

    @property
    def stream(self) -> StreamPosition:
        """Where this thread's next audit entry stands. Set it when an entry has been committed."""
        mine = self._mine
        if mine.stream is None or mine.process != os.getpid():
            mine.stream = StreamPosition.fresh()
        return mine.stream

    @stream.setter
    def stream(self, position: StreamPosition) -> None:
        self._mine.stream = position

    def leave_stream(self) -> None:
        """Begin a new stream: whether the last entry was committed is unknown."""
        self._mine.stream = None

    def _ask(self, statement: Prepared, values: Sequence[bytes]) -> Sequence[Sequence[bytes | None]]:
        driver = self._cursor().connection.pgconn
        name = statement.name.encode()
        if statement.name not in self._mine.prepared:
            _checked(driver, driver.prepare(name, statement.text.encode()))
            self._mine.prepared.add(statement.name)
        found = _checked(driver, driver.exec_prepared(name, values))
        return [[found.get_value(row, column) for column in range(found.nfields)] for row in range(found.ntuples)]

    def _cursor(self) -> "psycopg.Cursor[Any]":
        mine = self._mine
        if mine.cursor is None or mine.connection is None or mine.connection.closed or mine.process != os.getpid():
            if mine.process != os.getpid():
                mine.stream = None
            connection = self._engine.connect()
            # psycopg's own cursor costs half the processor time of SQLAlchemy's result, and a claim is little else.
            mine.cursor = cast("psycopg.Cursor[Any]", connection.connection.cursor())
            # The pool may have had this connection from a thread that has ended, with statements prepared.
            mine.prepared = connection.connection.info.setdefault(_PREPARED, set())
            mine.connection, mine.process = connection, os.getpid()
            self._open.add(connection)
        return mine.cursor

    def _discard(self) -> None:
        if self._mine.connection is not None:
            _close(self._mine.connection)

    def _discard_all(self, _engine: Engine) -> None:
        for connection in list(self._open):
            _close(connection)


def _close(connection: Connection) -> None:
    if not connection.closed:
        connection.invalidate()
        connection.close()


def _checked(driver: "psycopg.pq.abc.PGconn", result: "psycopg.pq.abc.PGresult") -> "psycopg.pq.abc.PGresult":
    if result.status in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        return result
    if driver.status == ConnStatus.BAD:
        raise psycopg.OperationalError(result.get_error_message("utf-8"))
    raise error_from_result(result, encoding="utf-8")
