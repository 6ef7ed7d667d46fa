"""`TransactionIds`: how far the transaction ids of a database are used up, and what brings them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAge:
    """A table, and how many transactions ago its oldest row version that is not frozen was written."""

    table: str
    age: int


class TransactionIds(Protocol):
    """The transaction ids of one database."""

    def used(self) -> float:
        """Return the share in use by this database of the ids available before the server refuses to write."""
        ...

    def oldest(self, limit: int) -> Sequence[TableAge]:
        """Return the tables with the oldest row versions, oldest first, those of the system too."""
        ...

    def freeze(self, table: str) -> int:
        """Freeze the old row versions of one of these tables, wait for it, and return its age then.

        Raises NotFoundError for an unknown table, PermanentError without the right to vacuum it.
        """
        ...
