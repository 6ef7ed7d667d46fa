"""A report runs on and on."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.databases import Customer, ShopDatabase
from tests.waiting import until

RUNS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
    "AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid() AND now() - query_start > interval '1.1 s'"
)


class LongQuery(Drill):
    """The red herring is a session that has been open for long and runs nothing."""

    signal = "LongRunningQueries"
    words = "a long running query"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.database = ShopDatabase(self.stage)
        return [self.database.target(longest_query="1s", database_query_seconds_bound="1")]

    def break_it(self) -> None:
        self.report = Customer(self.database, "SELECT pg_sleep(300)")
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self.report.leave()

    def well(self) -> bool:
        return self.database.number(RUNS) == 0

    def mislead(self) -> None:
        self.idle = self.database.session()
        self.idle.execute("SELECT pg_sleep(1.2)")

    def clear(self) -> None:
        self.idle.close()


DRILL = LongQuery
