"""Nearly all rows of a table are deleted, and its index keeps the size of all."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.databases import ShopDatabase

SIZE = "SELECT pg_relation_size('by_id')"
FILL = "INSERT INTO orders SELECT generate_series(1, 60000)"


class BloatedIndex(Drill):
    """The red herring is a large index of a table with as many rows."""

    signal = "PostgresqlBloatIndexHigh"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.database = ShopDatabase(self.stage)
        self.database.execute(
            "CREATE TABLE orders (id int) WITH (autovacuum_enabled = off)", "CREATE INDEX by_id ON orders (id)"
        )
        return [self.database.target(indexes="by_id on orders")]

    def break_it(self) -> None:
        self.database.execute(
            FILL, "DELETE FROM orders WHERE id > 100", "VACUUM (INDEX_CLEANUP off) orders", "ANALYZE orders"
        )

    def revert(self) -> None:
        self.database.execute("REINDEX INDEX by_id")

    def well(self) -> bool:
        return self.database.number(SIZE) < 500_000

    def mislead(self) -> None:
        self.database.execute("INSERT INTO orders SELECT generate_series(1, 15000)", "ANALYZE orders")

    def clear(self) -> None:
        self.database.execute("TRUNCATE orders", "ANALYZE orders")


DRILL = BloatedIndex
