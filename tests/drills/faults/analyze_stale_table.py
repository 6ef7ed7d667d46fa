"""A table is loaded anew, and its statistics are of the old rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.databases import ShopDatabase
from tests.waiting import until

RATIO = "SELECT n_mod_since_analyze / greatest(n_live_tup, 1000) FROM pg_stat_all_tables WHERE relname = 'orders'"


class StaleStatistics(Drill):
    """The red herring is a table with as many dead rows as live ones, and fresh statistics."""

    signal = "PostgresTableNotAnalyzed"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.database = ShopDatabase(self.stage)
        self.database.execute(
            "CREATE TABLE orders (id int) WITH (autovacuum_enabled = off)",
            "INSERT INTO orders SELECT generate_series(1, 5000)",
            "ANALYZE orders",
        )
        return [self.database.target(tables="orders")]

    def break_it(self) -> None:
        while self.well():
            self.database.execute("TRUNCATE orders", "INSERT INTO orders SELECT generate_series(1, 5000)")

    def revert(self) -> None:
        self.database.execute("ANALYZE orders")
        until(self.well, within=20)

    def well(self) -> bool:
        return self.database.number(RATIO) < 3

    def mislead(self) -> None:
        self.database.execute(
            "DELETE FROM orders", "INSERT INTO orders SELECT generate_series(1, 5000)", "ANALYZE orders"
        )

    def clear(self) -> None:
        """Leave the rows: they are as many as before."""


DRILL = StaleStatistics
