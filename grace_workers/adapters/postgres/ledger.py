"""The ledger over PostgreSQL: where transactions come from."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from sqlalchemy import Connection, Engine, NullPool

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.jobs.ringing import Ringer
from grace_workers.adapters.postgres.statement import READS_ONLY
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.orchestration.stores.transaction import LineLedger


class PostgresLedger(LineLedger):
    """Where transactions come from. With a `ringer`, jobs submitted here are rung right after the commit."""

    def __init__(self, engine: Engine, *, ringer: Ringer | None = None) -> None:
        self._engine = engine
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT", **READS_ONLY)
        self._ringer = ringer

    @contextmanager
    def transaction(self) -> Iterator[PostgresTransaction]:
        promise = self._ringer.promise if self._ringer is not None else timedelta(0)
        with translated(), self._engine.begin() as connection:
            transaction = PostgresTransaction(connection, promise=promise)
            yield transaction
        if self._ringer is not None:
            self._ringer.offer(transaction.due)

    @contextmanager
    def reading(self) -> Iterator[PostgresTransaction]:
        with translated(), self._reading.connect() as connection:
            yield PostgresTransaction(connection)

    def joined(self, connection: Connection | psycopg.Connection[Any]) -> PostgresTransaction:
        """Return a transaction over the caller's own connection, which we neither commit nor roll back.

        Jobs submitted in it start once the caller commits and the relay has looked, about a tenth of a second
        later.
        """
        if isinstance(connection, Connection):
            return PostgresTransaction(connection)
        pool = NullPool(lambda: _Borrowed(connection), reset_on_return=None)
        with translated():
            return PostgresTransaction(Connection(Engine(pool, self._initialised().dialect, self._engine.url)))

    def _initialised(self) -> Engine:
        # SQLAlchemy asks for the server's version on the first connection and rolls back, so that must not be the
        # caller's.
        if not hasattr(self._engine.dialect, "server_version_info"):
            self._engine.connect().close()
        return self._engine


class _Borrowed:
    """A psycopg connection whose transaction belongs to the caller, so nothing here may end it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self, *args: Any, **options: Any) -> Any:
        """Return a cursor that returns tuples, whatever rows the caller's own cursors return."""
        return self._connection.cursor(*args, **{"row_factory": tuple_row, **options})

    def commit(self) -> None:
        """Leave the transaction to its owner."""

    def rollback(self) -> None:
        """Leave the transaction to its owner."""

    def close(self) -> None:
        """Leave the connection to its owner."""
