"""Reports keep the processors of a database busy."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.databases import Customer, ShopDatabase
from tests.waiting import until

BOUND = 3
HEAVY = "SELECT sum(sqrt(number)) FROM (SELECT generate_series(1, 100000000000) AS number) AS all_orders"
BUSY = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
    "AND query LIKE '%all_orders%' AND pid <> pg_backend_pid() AND now() - query_start > interval '1.1 s'"
)


class HeavyReports(Drill):
    """The red herring are as many statements that wait and need no processor."""

    signal = "PostgresqlHighCpu"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.database = ShopDatabase(self.stage)
        return [self.database.target(longest_query="1s", database_busy_sessions_bound=str(BOUND))]

    def break_it(self) -> None:
        self.reports = [Customer(self.database, HEAVY) for _ in range(BOUND + 1)]
        until(lambda: not self.well(), within=30)

    def revert(self) -> None:
        for one in self.reports:
            one.leave()

    def well(self) -> bool:
        return self.database.number(BUSY) < BOUND

    def mislead(self) -> None:
        self.sleeping = [Customer(self.database, "SELECT pg_sleep(300)") for _ in range(BOUND + 1)]

    def clear(self) -> None:
        for one in self.sleeping:
            one.leave()


DRILL = HeavyReports
