"""One transaction in PostgreSQL, and the stores in it, found by the names of their ports."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Connection

from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.store import Store, implementations
from grace_workers.orchestration.work.doorbells import Doorbell

S = TypeVar("S")

FOLDERS = ("audit", "events", "fleet", "incidents", "jobs")


@cache
def stores() -> Mapping[type[Any], Store[Any, Any]]:
    """Return the implementation of each port. Raises CatalogError: a port has none."""
    return implementations(__package__, FOLDERS)


class PostgresTransaction(LineTransaction):
    """The stores of one transaction, each made when first asked for.

    `promise` is how long the relay leaves new jobs to a submitter that rings itself; `due` are the doorbells it
    owes after the commit.
    """

    def __init__(self, connection: Connection, *, promise: timedelta = timedelta(0)) -> None:
        self.connection = connection
        self.promise = promise
        self.due: list[Doorbell] = []
        self._made: dict[type[Any], Any] = {}

    def __getitem__(self, port: type[S], /) -> S:
        """Return the store that implements `port`."""
        if port not in self._made:
            self._made[port] = stores()[port].make(self)
        return cast("S", self._made[port])


class PostgresStore:
    """A store in one transaction."""

    def __init__(self, tx: PostgresTransaction) -> None:
        self._tx = tx
        self._connection = tx.connection
