"""The ledger over PostgreSQL: one transaction and the stores in it."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from sqlalchemy import Connection, Engine, NullPool

from grace_workers.adapters.postgres.audit import PostgresAuditAppender
from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.events import PostgresCursorStore, PostgresEventStore
from grace_workers.adapters.postgres.fleet.store import PostgresFleetStore
from grace_workers.adapters.postgres.incidents import (
    PostgresApprovalStore,
    PostgresConditionStore,
    PostgresIncidentStore,
    PostgresJournal,
    PostgresMemoryStore,
    PostgresRecordStore,
    PostgresSignalStore,
    PostgresSwitchStore,
    PostgresTokenStore,
)
from grace_workers.adapters.postgres.jobs.ringing import Ringer
from grace_workers.adapters.postgres.jobs.store import PostgresJobStore
from grace_workers.foundation.backoff import jittered
from grace_workers.orchestration.job import retry_wait
from grace_workers.orchestration.work.doorbells import Doorbell


class PostgresTransaction:
    """The stores of one transaction, each made when first asked for."""

    def __init__(self, connection: Connection, *, promise: timedelta = timedelta(0)) -> None:
        self._connection = connection
        self._promise = promise

    @cached_property
    def audit(self) -> PostgresAuditAppender:
        """The audit log."""
        return PostgresAuditAppender(self._connection)

    @cached_property
    def jobs(self) -> PostgresJobStore:
        """The job ledger."""
        return PostgresJobStore(self._connection, self.audit, self.events, promise=self._promise, wait=_wait)

    @cached_property
    def signals(self) -> PostgresSignalStore:
        """Signals and their fates."""
        return PostgresSignalStore(self._connection)

    @cached_property
    def conditions(self) -> PostgresConditionStore:
        """Conditions and who of each still fires."""
        return PostgresConditionStore(self._connection)

    @cached_property
    def incidents(self) -> PostgresIncidentStore:
        """Incidents, dossiers, timelines."""
        return PostgresIncidentStore(self._connection)

    @cached_property
    def journal(self) -> PostgresJournal:
        """Runs and their steps."""
        return PostgresJournal(self._connection)

    @cached_property
    def approvals(self) -> PostgresApprovalStore:
        """Questions to people."""
        return PostgresApprovalStore(self._connection)

    @cached_property
    def records(self) -> PostgresRecordStore:
        """Track records and knowledge."""
        return PostgresRecordStore(self._connection)

    @cached_property
    def switches(self) -> PostgresSwitchStore:
        """The global switches."""
        return PostgresSwitchStore(self._connection)

    @cached_property
    def memories(self) -> PostgresMemoryStore:
        """What cycles remember."""
        return PostgresMemoryStore(self._connection)

    @cached_property
    def tokens(self) -> PostgresTokenStore:
        """Bearer tokens."""
        return PostgresTokenStore(self._connection)

    @cached_property
    def events(self) -> PostgresEventStore:
        """The event mesh's log."""
        return PostgresEventStore(self._connection)

    @cached_property
    def fleet(self) -> PostgresFleetStore:
        """Instances and leases."""
        return PostgresFleetStore(self._connection, self.audit)

    @cached_property
    def cursors(self) -> PostgresCursorStore:
        """Where subscriptions stand."""
        return PostgresCursorStore(self._connection)

    def due_bells(self) -> Sequence[Doorbell]:
        """Return the doorbells of the jobs submitted here that are due at once; ring them after the commit."""
        return self.jobs.due if "jobs" in vars(self) else []


class PostgresLedger:
    """Where transactions come from. With a `ringer`, jobs submitted here are rung right after the commit."""

    def __init__(self, engine: Engine, *, ringer: Ringer | None = None) -> None:
        self._engine = engine
        self._ringer = ringer

    @contextmanager
    def transaction(self) -> Iterator[PostgresTransaction]:
        """Begin one; commit at the end of the block, roll back on any exception.

        Raises:
            TransientError: the database cannot be reached, or was lost before the commit was confirmed.
        """
        promise = self._ringer.promise if self._ringer is not None else timedelta(0)
        with translated(), self._engine.begin() as connection:
            transaction = PostgresTransaction(connection, promise=promise)
            yield transaction
        if self._ringer is not None:
            self._ringer.offer(transaction.due_bells())

    def joined(self, connection: Connection | psycopg.Connection[Any]) -> PostgresTransaction:
        """Return a transaction over the caller's own connection, which we neither commit nor roll back.

        Jobs submitted in it start once the caller commits and the relay has looked, about a tenth of a second later.
        """
        if isinstance(connection, Connection):
            return PostgresTransaction(connection)
        pool = NullPool(lambda: _Borrowed(connection), reset_on_return=None)
        with translated():
            return PostgresTransaction(Connection(Engine(pool, self._initialised().dialect, self._engine.url)))

    def _initialised(self) -> Engine:
        # SQLAlchemy learns the server's version on the first connection, which must not be the caller's: it rolls back.
        if not hasattr(self._engine.dialect, "server_version_info"):
            self._engine.connect().close()
        return self._engine


class _Borrowed:
    """A psycopg connection whose transaction belongs to somebody else, so nothing here may end it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self, *args: Any, **options: Any) -> Any:
        """Return a cursor that gives tuples, whatever rows the caller's own cursors give."""
        return self._connection.cursor(*args, **{"row_factory": tuple_row, **options})

    def commit(self) -> None:
        """Leave the transaction to its owner."""

    def rollback(self) -> None:
        """Leave the transaction to its owner."""

    def close(self) -> None:
        """Leave the connection to its owner."""


def _wait(attempt: int) -> timedelta:
    return jittered(retry_wait(attempt), random.SystemRandom())
