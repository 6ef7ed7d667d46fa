"""What cycles proposed, kept as rows of which each is a limit that plans may set."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from sqlalchemy import Engine

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.errors import NotFoundError

RowT = TypeVar("RowT")

_SHOWN = 20


class ProposedLimits(ServiceLimits, Generic[RowT]):
    """Reads the limits; a kind of rows says how one is set. `of` names what a row is, for messages."""

    of: str

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def limits(self) -> Sequence[Limit]:
        return [self._limit(one) for one in self._all()]

    def limit(self, name: str) -> Limit:
        return self._limit(self._named(name))

    def _named(self, name: str) -> RowT:
        found = {self._limit(one).name: one for one in self._all()}
        if name not in found:
            known = ", ".join([*found][:_SHOWN]) or "none"
            raise NotFoundError(f"no {self.of} is named {name[:200]!r}; proposed so far: {known}")
        return found[name]

    def _all(self) -> Sequence[RowT]:
        with translated(), self._engine.begin() as connection:
            return self._rows(PostgresTransaction(connection))

    @abstractmethod
    def _rows(self, tx: PostgresTransaction) -> Sequence[RowT]:
        """Return all rows."""

    @abstractmethod
    def _limit(self, one: RowT) -> Limit:
        """Return a row as a limit."""
