"""Appending entries inside the caller's transaction, without a lock.

Each database connection carries one writer stream. The stream advances only when the transaction commits; a rollback
takes it back. When part of a transaction is rolled back to a savepoint, or a commit's outcome is unknown, the stream is
abandoned and a new one begins. The insert uses a cursor that the stream keeps, because making one each time costs as
much as the rest of it; all other statements of the connection must go through SQLAlchemy.
"""

import os
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, RootTransaction, event
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.exc import DBAPIError

from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.audit import Entry, StreamPosition, write
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.stores.audit import AuditAppender
from grace_workers.orchestration.stores.store import implements

_INSERT = "INSERT INTO audit_inbox (entry, data, salt) VALUES (%s, %s, %s)"
# Not psycopg's `executemany`; `statement.run_each` says why.
_INSERT_ALL = """
INSERT INTO audit_inbox (entry, data, salt)
SELECT entry::json, data::json, salt FROM unnest(%s::text[], %s::text[], %s::bytea[])
    WITH ORDINALITY AS e (entry, data, salt, number)
ORDER BY number
"""
_KEY = "grace_audit_stream"


@dataclass(slots=True)
class _Stream:
    """The position of a connection's stream: as committed, and as of now in the transaction that appended last."""

    owner: int
    engine: Engine
    cursor: psycopg.Cursor[Any]
    committed: StreamPosition
    current: StreamPosition
    transaction: RootTransaction | None = None
    in_doubt: bool = False


class PostgresAuditAppender:
    """Appends to the audit inbox on a connection whose transaction the caller commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, entry: Entry) -> None:
        """Append one entry.

        Raises:
            InputError: the connection commits each statement by itself.
            DBAPIError: the database refused, or the connection was lost.
        """
        self.append_all([entry])

    def append_all(self, entries: Sequence[Entry]) -> None:
        """Append many entries, in this order. Raises what `append` raises."""
        stream = _stream(self._connection)
        position, rows = stream.current, []
        for entry in entries:
            written = write(entry, position)
            rows.append(
                (written.envelope.decode(), None if written.data is None else written.data.decode(), written.salt)
            )
            position = position.after(written.envelope)
        try:
            if len(rows) == 1:
                stream.cursor.execute(_INSERT, rows[0])
            elif rows:
                stream.cursor.execute(_INSERT_ALL, [list(column) for column in zip(*rows, strict=True)])
        except psycopg.Error as error:
            raise _told(self._connection, stream.cursor.connection, error) from error
        except BaseException:
            # Interrupted: the connection may still wait for the answer.
            self._connection.invalidate()
            raise
        stream.current = position


def _told(connection: Connection, driver: "psycopg.Connection[Any]", error: psycopg.Error) -> BaseException:
    """Return a driver error as SQLAlchemy would report it, and drop the connection if it is lost."""
    lost = driver.closed or driver.broken
    told = DBAPIError.instance(
        _INSERT,
        None,
        error,
        psycopg.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=connection.dialect,
    )
    if lost:
        connection.invalidate(error)
    return told


def _stream(connection: Connection) -> _Stream:
    proxied = connection.connection
    driver: Any = proxied.dbapi_connection
    if driver.autocommit:
        raise InputError("audit entries need a transaction; this connection is in AUTOCOMMIT mode")
    stream: _Stream | None = proxied.info.get(_KEY)
    if stream is None or stream.engine is not connection.engine or stream.owner != os.getpid():
        stream = proxied.info[_KEY] = _fresh(connection.engine, driver.cursor())
    transaction = connection.get_transaction() or connection.begin()
    if stream.transaction is not transaction:
        # What the transaction before this one appended after its last commit was rolled back, whether noticed or not.
        stream.transaction, stream.current, stream.in_doubt = transaction, stream.committed, False
    return stream


def _fresh(engine: Engine, cursor: "psycopg.Cursor[Any]") -> _Stream:
    _listen(engine)
    start = StreamPosition.fresh()
    return _Stream(owner=os.getpid(), engine=engine, cursor=cursor, committed=start, current=start)


def _listen(engine: Engine) -> None:
    if event.contains(engine, "commit", _on_commit):
        return
    event.listen(engine, "commit", _on_commit)
    event.listen(engine, "before_cursor_execute", _on_statement)
    event.listen(engine, "prepare_twophase", _on_prepare)
    event.listen(engine, "handle_error", _on_error)


def _on_commit(connection: Connection) -> None:
    # The event comes before the commit itself; if that fails, `_on_error` abandons the stream.
    stream: _Stream | None = None if connection.invalidated else connection.connection.info.get(_KEY)
    if stream is None or stream.transaction is not connection.get_transaction():
        return
    if stream.cursor.connection.pgconn.transaction_status == TransactionStatus.INERROR:
        # The server answers such a commit with a rollback, without an error.
        _leave(connection)
        return
    stream.committed = stream.current
    stream.in_doubt = True


def settled(info: MutableMapping[Any, Any]) -> StreamPosition | None:
    """Return the position of a connection's stream once its last commit is known to have happened; once for each.

    Call it when the connection returns to its pool, before the pool rolls back an open transaction.
    """
    stream: _Stream | None = info.get(_KEY)
    if stream is None or not stream.in_doubt or stream.owner != os.getpid():
        return None
    if stream.cursor.connection.pgconn.transaction_status != TransactionStatus.IDLE:
        # Interrupted before it was sent; the next user of the connection ends the transaction in any case.
        del info[_KEY]
        return None
    stream.in_doubt = False
    return stream.committed


def _on_statement(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    # Detected here and not by its own event, because a savepoint may also be made and rolled back as text.
    if statement[:11].upper() == "ROLLBACK TO":
        _leave(connection)


def _on_prepare(connection: Connection, _xid: object) -> None:
    _leave(connection)


def _on_error(context: ExceptionContext) -> None:
    connection = context.connection
    if connection is None or connection.closed or connection.invalidated:
        return
    stream: _Stream | None = connection.connection.info.get(_KEY)
    if stream is not None and stream.in_doubt:
        _leave(connection)


def _leave(connection: Connection) -> None:
    connection.connection.info.pop(_KEY, None)


def _make(tx: PostgresTransaction) -> PostgresAuditAppender:
    return PostgresAuditAppender(tx.connection)


DEFINITION = implements(AuditAppender)(_make)
