"""Appending entries inside the caller's transaction, with no lock.

Each database connection carries one writer stream. The stream advances only when the transaction commits: a rollback
takes it back, a savepoint's rollback takes it back to the savepoint, and when a commit's fate is unknown the stream is
left and a new one begins. All statements of the connection must pass through SQLAlchemy.
"""

import os
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine, ExceptionContext

from grace_workers.audit import Entry, StreamPosition, write
from grace_workers.foundation.errors import InputError

_INSERT = "INSERT INTO audit_inbox (entry, data, salt) VALUES (%s, %s, %s)"
_KEY = "grace_audit_stream"


@dataclass(slots=True)
class _Stream:
    """Where the connection's stream stands: as committed, as of now in the open transaction, and at each savepoint."""

    committed: StreamPosition
    current: StreamPosition
    owner: int
    savepoints: dict[str, StreamPosition] = field(default_factory=dict)
    in_doubt: bool = False


class PostgresAuditAppender:
    """Appends to the audit inbox on a connection whose transaction the caller commits."""

    def __init__(self, connection: Connection) -> None:
        _listen(connection.engine)
        self._connection = connection

    def append(self, entry: Entry) -> None:
        """Append one entry.

        Raises:
            InputError: the connection commits each statement by itself.
        """
        stream = _stream(self._connection)
        written = write(entry, stream.current)
        data = None if written.data is None else written.data.decode()
        self._connection.exec_driver_sql(_INSERT, (written.envelope.decode(), data, written.salt))
        stream.current = stream.current.after(written.envelope)


def _stream(connection: Connection) -> _Stream:
    proxied = connection.connection
    driver: Any = proxied.dbapi_connection
    if driver.autocommit:
        raise InputError("audit entries need a transaction; this connection is in AUTOCOMMIT mode")
    stream: _Stream | None = proxied.info.get(_KEY)
    if stream is None or stream.owner != os.getpid():
        stream = proxied.info[_KEY] = _fresh()
    stream.in_doubt = False
    return stream


def _fresh() -> _Stream:
    start = StreamPosition.fresh()
    return _Stream(committed=start, current=start, owner=os.getpid())


def _listen(engine: Engine) -> None:
    if event.contains(engine, "commit", _on_commit):
        return
    event.listen(engine, "begin", _on_rollback)
    event.listen(engine, "commit", _on_commit)
    event.listen(engine, "rollback", _on_rollback)
    event.listen(engine, "before_cursor_execute", _on_statement)
    event.listen(engine, "prepare_twophase", _on_prepare)
    event.listen(engine, "handle_error", _on_error)


def _known(connection: Connection | None) -> _Stream | None:
    if connection is None or connection.closed or connection.invalidated:
        return None
    stream: _Stream | None = connection.connection.info.get(_KEY)
    return stream


def _on_commit(connection: Connection) -> None:
    # The event comes before the commit itself; should that fail, `_on_error` leaves the stream.
    stream = _known(connection)
    if stream is not None:
        stream.committed = stream.current
        stream.in_doubt = True
        stream.savepoints.clear()


def _on_rollback(connection: Connection) -> None:
    # Also run at each beginning: a connection that was dropped in mid-transaction is rolled back by its pool unseen.
    stream = _known(connection)
    if stream is not None:
        stream.current = stream.committed
        stream.savepoints.clear()


def _on_statement(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    # Savepoints are seen here and not by their own events, for those come before the savepoint has its name.
    word = statement[:11].upper()
    if word.startswith("SAVEPOINT"):
        stream = _known(connection)
        if stream is None:
            stream = connection.connection.info[_KEY] = _fresh()
        stream.savepoints[_last_word(statement)] = stream.current
    elif word == "ROLLBACK TO":
        stream = _known(connection)
        if stream is not None:
            # A savepoint not seen was made before the first append of this transaction.
            stream.current = stream.savepoints.get(_last_word(statement), stream.committed)


def _last_word(statement: str) -> str:
    return statement.rstrip(" ;\n").rsplit(maxsplit=1)[-1]


def _on_prepare(connection: Connection, _xid: object) -> None:
    connection.connection.info.pop(_KEY, None)


def _on_error(context: ExceptionContext) -> None:
    stream = _known(context.connection)
    if stream is not None and stream.in_doubt and context.connection is not None:
        context.connection.connection.info.pop(_KEY, None)
