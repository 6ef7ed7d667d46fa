"""A report on a replica keeps it from replaying what its primary has removed, and all that comes after."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.replicas import ShopReplica
from tests.waiting import until

REPORT = "SELECT pg_sleep(300), count(*) FROM orders"
READS = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(300)%' AND state = 'active'"
LATEST = "SELECT max(number) FROM visits"


class BlockedReplay(Drill):
    """The red herring is a report that is as long, and keeps nothing from being replayed."""

    signal = "PostgresqlReplicationLag"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.replica = ShopReplica(self.stage)
        self.primary = self.replica.primary
        self.primary.execute(
            "CREATE TABLE orders AS SELECT generate_series(1, 1000) AS number",
            "CREATE TABLE visits AS SELECT 1 AS number",
        )
        until(self.well, within=20)
        labels = {"longest_query": "1s", "replica_behind": "2s", "database_replica_lag_seconds_bound": "2"}
        return [self.replica.target(**labels)]

    def break_it(self) -> None:
        self.report = self._ask()
        self.primary.execute("DELETE FROM orders WHERE number % 2 = 0", "VACUUM orders")
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self.report.leave()
        until(self.well, within=20)

    def well(self) -> bool:
        """Return whether the replica shows within two seconds what is written now."""
        self.primary.execute("UPDATE visits SET number = number + 1")
        written = self.primary.number(LATEST)
        with suppress(AssertionError):
            return until(lambda: self.replica.number(LATEST) >= written, within=2)
        return False

    def mislead(self) -> None:
        self.harmless = self._ask()

    def clear(self) -> None:
        self.harmless.leave()

    def _ask(self) -> Any:
        asked = self.replica.report(REPORT)
        until(lambda: self.replica.number(READS) == 1, within=20)
        return asked


DRILL = BlockedReplay
