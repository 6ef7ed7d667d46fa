"""A replica was taken away, and its slot makes the server keep its log for ever."""

from collections.abc import Mapping, Sequence
from typing import Any

from grace_workers.governance import Role
from tests.drills.drill import Drill
from tests.drills.grounds.databases import ShopDatabase
from tests.drills.stage import end
from tests.replicating import BINARIES, replicating
from tests.waiting import until

BOUND = 20_000_000
KEPT = (
    "SELECT coalesce(sum(pg_wal_lsn_diff(pg_current_wal_insert_lsn(), restart_lsn)), 0)::bigint "
    "FROM pg_replication_slots WHERE NOT active"
)
READ = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'live' AND active"
WRITE = "INSERT INTO orders SELECT repeat(md5(random()::text), 100) FROM generate_series(1, 3000)"


class LeftSlot(Drill):
    """The red herring is a slot that a replica reads."""

    signal = "PostgresqlUnusedReplicationSlot"
    asks = Role.APPROVER

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.server = replicating()
        self.database = ShopDatabase(self.stage, self.server)
        self.database.allow("REPLICATION")
        self.database.execute("CREATE TABLE orders (line text)")
        self.stage.stack.callback(self._drop, "old_replica")
        return [self.database.target(database_retained_bytes_bound=str(BOUND))]

    def break_it(self) -> None:
        self.database.number("SELECT 1 FROM pg_create_physical_replication_slot('old_replica', true)")
        while self.well():
            self.database.execute(WRITE)

    def revert(self) -> None:
        self._drop("old_replica")

    def well(self) -> bool:
        return self.database.number(KEPT) < BOUND

    def mislead(self) -> None:
        self.database.number("SELECT 1 FROM pg_create_physical_replication_slot('live', true)")
        url = self.server.url_of("postgres")
        into = self.stage.path("received")
        into.mkdir()
        options = ["--slot=live", f"--directory={into}", f"--dbname={url}"]
        self.replica = self.stage.run(str(BINARIES / "pg_receivewal"), *options)
        until(lambda: self.database.number(READ) == 1, within=20)
        self.database.execute(WRITE)

    def clear(self) -> None:
        end(self.replica)
        until(lambda: self.database.number(READ) == 0, within=20)
        self._drop("live")

    def _drop(self, name: str) -> None:
        self.database.number(
            "WITH dropped AS (SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
            f"WHERE slot_name = '{name}') SELECT count(*) FROM dropped"
        )


DRILL = LeftSlot
