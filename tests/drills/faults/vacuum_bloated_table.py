"""Every row of a table is rewritten, again and again, and autovacuum is off."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.databases import ShopDatabase
from tests.waiting import until

DEAD = "SELECT n_dead_tup FROM pg_stat_all_tables WHERE relname = 'orders'"


class BloatedTable(Drill):
    """The red herring is a table with many rows, none of them dead."""

    signal = "PostgresDeadTuples"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.database = ShopDatabase(self.stage)
        self.database.execute(
            "CREATE TABLE orders (id int, paid boolean) WITH (autovacuum_enabled = off)",
            "INSERT INTO orders SELECT n, false FROM generate_series(1, 12000) AS n",
            "ANALYZE orders",
        )
        return [self.database.target(tables="orders")]

    def break_it(self) -> None:
        self.database.execute("UPDATE orders SET paid = NOT paid", "ANALYZE orders")
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self.database.execute("VACUUM orders")
        until(self.well, within=20)

    def well(self) -> bool:
        return self.database.number(DEAD) < 10_000

    def mislead(self) -> None:
        self.database.execute(
            "INSERT INTO orders SELECT n, false FROM generate_series(1, 30000) AS n", "ANALYZE orders"
        )

    def clear(self) -> None:
        self.database.execute(
            "TRUNCATE orders", "INSERT INTO orders SELECT n, false FROM generate_series(1, 12000) AS n"
        )


DRILL = BloatedTable
