"""A session locks a table in a transaction that it forgets, and customers wait for it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.databases import Customer, ShopDatabase
from tests.waiting import until

ORDER = "UPDATE orders SET paid = true"
HELD = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND now() - xact_start > interval '1.1 s'"


class LockPileup(Drill):
    """The red herring is a long transaction for which no one waits."""

    signal = "LockPileup"
    cause = "lock_pileup"
    words = "orders wait for a lock"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.database = ShopDatabase(self.stage)
        self.database.execute("CREATE TABLE orders (paid boolean)", "INSERT INTO orders VALUES (false)")
        return [self.database.target(longest_lock="1s")]

    def break_it(self) -> None:
        self.forgetful = self.database.session()
        self.forgetful.execute("BEGIN")
        self.forgetful.execute("LOCK TABLE orders")
        self.customers = [Customer(self.database, ORDER) for _ in range(4)]
        until(lambda: self._waiting() == len(self.customers) and self.database.number(HELD), within=20)

    def revert(self) -> None:
        self.forgetful.close()
        for one in self.customers:
            one.leave()

    def well(self) -> bool:
        return self._waiting() == 0 and not any(one.waits for one in getattr(self, "customers", ()))

    def mislead(self) -> None:
        self.slow = self.database.session()
        self.slow.execute("BEGIN")
        self.slow.execute("SELECT count(*) FROM orders")

    def clear(self) -> None:
        self.slow.close()

    def _waiting(self) -> int:
        return self.database.number("SELECT count(*) FROM pg_locks WHERE NOT granted")


DRILL = LockPileup
