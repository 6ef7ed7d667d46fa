"""A client of the fleet's database: with its own transactions, or inside the caller's."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.stores import LineTransaction

_APPLICATION = "grace-client"


@dataclass(frozen=True, slots=True)
class ClientLedger:
    """A ledger that rings no doorbells: the fleet's relay rings for its jobs. Close it."""

    engine: Engine

    def transaction(self) -> AbstractContextManager[LineTransaction]:
        """Begin a transaction; see `stores.Ledger`."""
        return PostgresLedger(self.engine).transaction()

    def reading(self) -> AbstractContextManager[LineTransaction]:
        """Return stores that may only be read from; see `stores.Ledger`."""
        return PostgresLedger(self.engine).reading()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def join_ledger(connection: "Connection | psycopg.Connection[Any]") -> LineTransaction:
    """Return the stores over the caller's own connection, whose transaction the caller ends.

    Raises:
        InputError: it commits every statement by itself, or is neither a SQLAlchemy Connection nor a psycopg one.
    """
    if isinstance(connection, Connection):
        _refuse_autocommit(autocommit=bool(getattr(connection.connection.dbapi_connection, "autocommit", False)))
        return PostgresTransaction(connection)
    if isinstance(connection, psycopg.Connection):
        _refuse_autocommit(autocommit=connection.autocommit)
        engine = make_engine(_url_of(connection), application=_APPLICATION, pool_size=1)
        try:
            return PostgresLedger(engine).joined(connection)
        finally:
            # It was only used to ask for the server's version.
            engine.dispose()
    raise InputError(f"a {type(connection).__name__} is neither a SQLAlchemy Connection nor a psycopg connection")


def _refuse_autocommit(*, autocommit: bool) -> None:
    if autocommit:
        raise InputError("the connection is in autocommit mode; pass one that is in a transaction")


def _url_of(connection: "psycopg.Connection[Any]") -> str:
    info = connection.info
    socket = info.host.startswith("/")
    url = URL.create(
        "postgresql+psycopg",
        username=info.user,
        password=info.password or None,
        host=None if socket else info.host,
        port=info.port,
        database=info.dbname,
        query={"host": info.host} if socket else {},
    )
    return url.render_as_string(hide_password=False)
