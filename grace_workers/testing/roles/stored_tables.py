"""Stored tables in memory."""

from dataclasses import dataclass, field

from grace_workers.actions import StoredTables
from grace_workers.foundation.errors import PermanentError


@dataclass(slots=True)
class MemoryTables(StoredTables):
    """`StoredTables` of which each can be read or not."""

    tables: dict[str, bool] = field(default_factory=dict)

    def readable(self, table: str) -> bool:
        if table not in self.tables:
            raise PermanentError(f"there is no table {table!r}")
        return self.tables[table]
