"""Connections for statements that are transactions by themselves: one per calling thread, with its own audit stream."""

import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any, cast
from weakref import WeakSet

import psycopg
from sqlalchemy import Connection, Engine, event

from grace_workers.audit import StreamPosition


class _Mine(threading.local):
    connection: Connection | None = None
    cursor: "psycopg.Cursor[Any] | None" = None
    process: int = 0
    stream: StreamPosition | None = None


class Seats:
    """Keeps one connection of the engine's pool for every calling thread, committing each statement by itself.

    A connection on which anything failed is not used again.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._mine = _Mine()
        self._taken: WeakSet[Connection] = WeakSet()
        event.listen(engine, "engine_disposed", self._leave)

    def rows(self, statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
        """Run one statement, in one round trip, and return its rows."""
        try:
            return self._cursor().execute(statement, values, prepare=True).fetchall()
        except BaseException:
            self._stand_up()
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

    def _cursor(self) -> "psycopg.Cursor[Any]":
        mine = self._mine
        if mine.cursor is None or mine.connection is None or mine.connection.closed or mine.process != os.getpid():
            if mine.process != os.getpid():
                mine.stream = None
            connection = self._engine.connect()
            # psycopg's own cursor costs half the processor time of SQLAlchemy's result, and a claim is little else.
            mine.cursor = cast("psycopg.Cursor[Any]", connection.connection.cursor())
            mine.connection, mine.process = connection, os.getpid()
            self._taken.add(connection)
        return mine.cursor

    def _stand_up(self) -> None:
        if self._mine.connection is not None:
            _give_up(self._mine.connection)

    def _leave(self, _engine: Engine) -> None:
        for connection in list(self._taken):
            _give_up(connection)


def _give_up(connection: Connection) -> None:
    if not connection.closed:
        connection.invalidate()
        connection.close()
