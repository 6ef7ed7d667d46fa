"""The SQLAlchemy engine over psycopg 3, and the one place where driver errors become ours."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, cast

import psycopg
from sqlalchemy import URL, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool
from sqlalchemy.util.queue import Empty

from grace_workers.adapters.postgres.arrays import write_arrays
from grace_workers.adapters.postgres.pooler import REFUSED, is_pooler_refusal, refuse_pooler
from grace_workers.adapters.postgres.resting import RESTS_FOR, Rest
from grace_workers.foundation.errors import InputError, TransientError

_SCHEMES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
# Many transactions take less, and each session of the server takes 3 MiB.
_COMES_BACK_WITHIN = 0.005
_COMES_BACK_AT_REST = 0.02
# psycopg counts it among the driver's own errors, though it means a lost connection.
_FellSilent = psycopg.errors.IdleInTransactionSessionTimeout
# A connection used within this many seconds is assumed to be alive; any other is tested first.
_RESTED = 0.5
_SINCE = "rests_since"
_LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


def make_engine(
    url: str,
    *,
    application: str = "grace",
    pool_size: int = 8,
    statement_timeout: timedelta = timedelta(seconds=30),
    lock_timeout: timedelta = timedelta(seconds=5),
    idle_timeout: timedelta = timedelta(seconds=3),
) -> Engine:
    """Return an engine that works at READ COMMITTED and never waits without limit.

    `idle_timeout` ends a transaction whose client went silent, so that the locks of a frozen or cut-off node do not
    outlive it by much: others take its work over two seconds after its last heartbeat. A vanished server is noticed
    after about ten seconds. The pool may grow to twice `pool_size`. Nothing connects before the first use.

    Raises:
        InputError: `url` is not a PostgreSQL URL; or, at the first use, it leads to a connection pooler.
    """
    limits = (statement_timeout, lock_timeout, idle_timeout)
    spans = (f"-c {name}={span // timedelta(milliseconds=1)}" for name, span in zip(_LIMITS, limits, strict=True))
    engine = create_engine(
        database_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        **_POOL,
        isolation_level="READ COMMITTED",
        connect_args={
            "application_name": application,
            "connect_timeout": 5,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "options": " ".join(spans),
            "tcp_user_timeout": 10_000,
        },
    )
    _try_rested_connections(engine)
    _prepare_connections(engine)
    return engine


def sparing(engine: Engine) -> Engine:
    """Return `engine`, which now waits longer for a connection before it opens another: for loops that seldom meet."""
    cast("RestingPool", engine.pool).comes_back_within = _COMES_BACK_AT_REST
    return engine


def engine_for(url: str) -> Engine:
    """Return an engine without a pool for any spelling of a PostgreSQL URL."""
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)


class RestingPool(QueuePool):
    """A pool that keeps few connections.

    It gives out the connection returned last, waits a moment for one to return before it opens another, and closes
    those unused for `rests_for` s.
    """

    rests_for = RESTS_FOR
    # SQLAlchemy logs under the module of the class, and its messages about a pool do not belong in the fleet's log.
    _sqla_logger_namespace = "sqlalchemy.pool.RestingPool"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.comes_back_within = _COMES_BACK_WITHIN
        self._rest = Rest(self.close_rested)

    def recreate(self) -> "RestingPool":
        """Return an empty pool of the same kind, for when this one's connections are lost."""
        fresh = cast("RestingPool", super().recreate())
        fresh.comes_back_within = self.comes_back_within
        return fresh

    def close_rested(self) -> bool:
        """Close what has been unused for long enough; return whether any unused connection remains."""
        while (rested := self._longest_rested()) is not None:
            try:
                rested.close()
            finally:
                self._dec_overflow()
        return self.checkedin() > 0

    def _do_get(self) -> ConnectionPoolEntry:
        waiting: Any = self._pool
        if self.checkedout():
            with suppress(Empty):
                found: ConnectionPoolEntry = waiting.get(True, self.comes_back_within)
                return found
        return super()._do_get()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        self._rest.begin()

    def _longest_rested(self) -> ConnectionPoolEntry | None:
        waiting: Any = self._pool
        with waiting.mutex:
            if not waiting.queue:
                return None
            oldest: ConnectionPoolEntry = waiting.queue[0]
            if time.monotonic() - oldest.info.get(_SINCE, float("inf")) < self.rests_for:
                return None
            waiting.queue.popleft()
            return oldest


_POOL: dict[str, Any] = {"poolclass": RestingPool, "pool_use_lifo": True, "pool_timeout": 10}


def _prepare_connections(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connects(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        refuse_pooler(connection)
        write_arrays(cast("psycopg.Connection[Any]", connection))


def _try_rested_connections(engine: Engine) -> None:
    """Test a connection that has been unused before it is given out; if it is broken, renew all of them.

    The pool's own test costs a round trip each time, which for loops that look twenty times a second is a third of
    their work.
    """

    @event.listens_for(engine, "checkin")
    def rests(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info[_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def works(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        if time.monotonic() - entry.info.get(_SINCE, float("inf")) < _RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error


def ping(engine: Engine) -> None:
    """Ask the database for an answer. Raises TransientError without one."""
    with translated(), engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("SELECT 1"))


def database_url(url: str) -> URL:
    """Return `url` with the psycopg driver named.

    Raises:
        InputError: it is not a PostgreSQL URL; the message does not show it, because it may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The cause quotes the URL with its password, so it is left out.
        raise InputError("the database URL cannot be read; write postgresql://user:password@host:5432/name") from None
    if parsed.drivername not in _SCHEMES:
        raise InputError(f"a {parsed.drivername} URL is not a PostgreSQL address; write postgresql://…")
    return parsed.set(drivername="postgresql+psycopg")


@contextmanager
def translated() -> Iterator[None]:
    """Turn a lost connection, a timeout and a deadlock into TransientError; let every other error pass.

    Raises:
        TransientError: the database was unreachable or gave up; a commit in progress may have happened.
        InputError: the connection goes through a pooler.
    """
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError, psycopg.OperationalError, _FellSilent) as error:
        if is_pooler_refusal(error):
            raise InputError(REFUSED) from None
        raise TransientError(f"the database did not answer: {_first_line(error)}") from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise TransientError(f"the database connection was lost: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    lines = str(cause).splitlines()
    return lines[0] if lines else type(cause).__name__
