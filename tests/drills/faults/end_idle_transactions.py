"""A session begins a transaction, and its client forgets it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.databases import ShopDatabase
from tests.waiting import until

FORGOTTEN = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%' "
    "AND now() - state_change > interval '1.1 s'"
)


class ForgottenTransaction(Drill):
    """The red herring is a session that has been idle for as long, outside any transaction."""

    signal = "PostgresqlIdleInTransaction"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.database = ShopDatabase(self.stage)
        self.database.execute("CREATE TABLE orders (paid boolean)", "INSERT INTO orders VALUES (false)")
        return [self.database.target(longest_idle_transaction="1s", database_idle_transaction_seconds_bound="1")]

    def break_it(self) -> None:
        self.forgetful = self.database.session()
        self.forgetful.execute("BEGIN")
        self.forgetful.execute("UPDATE orders SET paid = true")
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self.forgetful.close()
        until(self.well, within=20)

    def well(self) -> bool:
        return self.database.number(FORGOTTEN) == 0

    def mislead(self) -> None:
        self.idle = self.database.session()
        self.idle.execute("SELECT pg_sleep(1.2)")

    def clear(self) -> None:
        self.idle.close()


DRILL = ForgottenTransaction
