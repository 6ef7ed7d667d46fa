"""One transaction in memory, and the stores in it, found by the names of their ports."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast

from grace_workers.foundation.clock import Clock
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.store import Store, implementations

S = TypeVar("S")
Tables = dict[str, dict[Any, Any]]


@cache
def stores() -> Mapping[type[Any], Store[Any, Any]]:
    """Return the implementation of each port."""
    return implementations(__package__)


class MemoryTransaction(LineTransaction):
    """The stores of one transaction, each made when first asked for."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self.clock = clock
        self._tables = tables
        self._made: dict[type[Any], Any] = {}

    def __getitem__(self, port: type[S], /) -> S:
        """Return the store that implements `port`."""
        if port not in self._made:
            self._made[port] = stores()[port].make(self)
        return cast("S", self._made[port])

    def changed(self, before: Tables) -> list[str]:
        """Return the names of the tables whose rows differ from those of `before`."""
        return [name for name, rows in self._tables.items() if rows != before.get(name, {})]

    def put(self, port: type[Any], store: object) -> None:
        """Let `store` replace `port` in this transaction."""
        self._made[port] = store

    def table(self, name: str) -> dict[Any, Any]:
        """Return the rows of one table by key. Rows are frozen values; replace them, never change them in place."""
        return self._tables.setdefault(name, {})
