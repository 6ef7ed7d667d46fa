"""Transaction ids in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from grace_workers.actions import TableAge, TransactionIds
from grace_workers.foundation.errors import NotFoundError

_ALL = 1 << 31


@dataclass(slots=True)
class MemoryTransactionIds(TransactionIds):
    """`TransactionIds` of tables with given ages; what is in `held` cannot become younger than its value there."""

    ages: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)

    def used(self) -> float:
        return max(self.ages.values(), default=0) / _ALL

    def oldest(self, limit: int) -> Sequence[TableAge]:
        found = sorted(self.ages.items(), key=lambda one: (-one[1], one[0]))
        return [TableAge(table=table, age=age) for table, age in found[:limit]]

    def freeze(self, table: str) -> int:
        if table not in self.ages:
            raise NotFoundError(f"there is no table {table!r}")
        self.ages[table] = self.held.get(table, 0)
        return self.ages[table]
