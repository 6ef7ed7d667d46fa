"""Much is written, and no checkpoint comes."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.databases import ShopDatabase

BOUND = 6_000_000
WRITE = "INSERT INTO orders SELECT repeat(md5(random()::text), 100) FROM generate_series(1, 3000)"
PENDING = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::bigint FROM pg_control_checkpoint()"


class WalBacklog(Drill):
    """The red herring is a large table that a checkpoint has seen."""

    signal = "WalBacklog"
    words = "much log since the last checkpoint"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.database = ShopDatabase(self.stage)
        self.database.execute("CREATE TABLE orders (line text)", "CHECKPOINT")
        return [self.database.target(wal_bytes_since_checkpoint_bound=str(BOUND))]

    def break_it(self) -> None:
        while self.well():
            self.database.execute(WRITE)

    def revert(self) -> None:
        self.database.execute("CHECKPOINT")

    def well(self) -> bool:
        return self.database.number(PENDING) < BOUND

    def mislead(self) -> None:
        self.database.execute(WRITE, "CHECKPOINT")

    def clear(self) -> None:
        self.database.execute("TRUNCATE orders", "CHECKPOINT")


DRILL = WalBacklog
