"""Connections for statements that are transactions by themselves, and an audit stream for each calling thread."""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakSet

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from sqlalchemy import Connection, Engine, event

from grace_workers.adapters.postgres.resting import RESTS_FOR, Rest
from grace_workers.audit import StreamPosition


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement with `$1`, `$2` … for its texts, prepared once on each connection under its name."""

    name: str
    text: str


@dataclass(slots=True)
class _Kept:
    """A connection of the engine's pool, with psycopg's own cursor, which costs half the time of SQLAlchemy's result.

    `prepared` are the names of the statements that its session knows.
    """

    connection: Connection
    cursor: "psycopg.Cursor[Any]"
    prepared: set[str]
    used_at: float = 0.0


_PREPARED = "grace_prepared"


class _Mine(threading.local):
    process: int = 0
    stream: StreamPosition | None = None


class AutocommitConnections:
    """Keeps connections of the engine's pool, as many as there are concurrent statements; each commits by itself.

    The one returned last is used next, so that the others fall idle and go back to the pool. A connection on which
    anything failed is not used again.
    """

    rests_for = RESTS_FOR

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._mine = _Mine()
        self._begin_anew()
        event.listen(engine, "engine_disposed", self._discard_all)

    def rows(self, statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
        """Run one statement, in one round trip, and return its rows."""
        with self._lent() as kept:
            return kept.cursor.execute(statement, values, prepare=True).fetchall()

    def ask(self, statement: Prepared, *texts: str) -> Sequence[Sequence[bytes | None]]:
        """Run one prepared statement and return its rows as the server writes them.

        The whole exchange is one call that does not take the interpreter lock: with eight threads at work,
        taking that lock repeatedly costs more than the statement.
        """
        with self._lent() as kept:
            return _ask(kept, statement, [text.encode() for text in texts])

    def row(self, statement: str, values: Mapping[str, Any]) -> Any:
        """Run one statement and return its first row, or None."""
        rows = self.rows(statement, values)
        return rows[0] if rows else None

    @property
    def stream(self) -> StreamPosition:
        """The position of this thread's next audit entry. Set it when an entry has been committed."""
        mine = self._mine
        if mine.stream is None or mine.process != os.getpid():
            mine.stream, mine.process = StreamPosition.fresh(), os.getpid()
        return mine.stream

    @stream.setter
    def stream(self, position: StreamPosition) -> None:
        self._mine.stream = position

    def leave_stream(self) -> None:
        """Begin a new stream, because it is unknown whether the last entry was committed."""
        self._mine.stream = None

    def close_rested(self) -> bool:
        """Return to the pool what has been idle for long enough; return whether any idle connection remains."""
        resting = self._resting
        with self._lock:
            before = time.monotonic() - self.rests_for
            rested = [one for one in resting if one.used_at < before]
            resting[:] = [one for one in resting if one.used_at >= before]
        for one in rested:
            one.connection.close()
        return bool(resting)

    @contextmanager
    def _lent(self) -> Iterator[_Kept]:
        kept = self._take()
        try:
            yield kept
        except BaseException:
            _close(kept.connection)
            raise
        kept.used_at = time.monotonic()
        with self._lock:
            self._resting.append(kept)
        self._rest.begin()

    def _take(self) -> _Kept:
        if self._process != os.getpid():
            # The parent's connections stay the parent's.
            self._begin_anew()
        with self._lock:
            while self._resting:
                if not (kept := self._resting.pop()).connection.closed:
                    return kept
        connection = self._engine.connect()
        cursor = cast("psycopg.Cursor[Any]", connection.connection.cursor())
        self._open.add(connection)
        # The pool may have had this connection from us. What we prepared on it is gone if psycopg, which drops all
        # statements after a rollback, has used it since.
        if connection.connection.info.get(_PREPARED):
            cursor.execute("DEALLOCATE ALL")
        prepared: set[str] = set()
        connection.connection.info[_PREPARED] = prepared
        return _Kept(connection, cursor, prepared)

    def _begin_anew(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._resting: list[_Kept] = []
        self._open: WeakSet[Connection] = WeakSet()
        self._rest = Rest(self.close_rested)

    def _discard_all(self, _engine: Engine) -> None:
        if self._process != os.getpid():
            # Closing a connection of the parent would end the parent's session.
            return
        for connection in list(self._open):
            _close(connection)


def _ask(kept: _Kept, statement: Prepared, values: Sequence[bytes]) -> Sequence[Sequence[bytes | None]]:
    driver = kept.cursor.connection.pgconn
    name = statement.name.encode()
    if statement.name not in kept.prepared:
        _checked(driver, driver.prepare(name, statement.text.encode()))
        kept.prepared.add(statement.name)
    found = _checked(driver, driver.exec_prepared(name, values))
    return [[found.get_value(row, column) for column in range(found.nfields)] for row in range(found.ntuples)]


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
