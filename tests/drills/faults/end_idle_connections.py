"""A pool leaks its connections until the database has hardly one left for others."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import psycopg

from grace_workers.adapters.embedded import EmbeddedPostgres
from tests.drills.drill import Drill
from tests.drills.grounds.databases import ShopDatabase
from tests.waiting import until

PEAK = 15
FREE = (
    "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - count(*)"
    " FROM pg_stat_activity WHERE backend_type = 'client backend'"
)
IDLE = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shop' AND state = 'idle' "
    "AND now() - state_change > interval '1.1 s'"
)


class LeakedConnections(Drill):
    """The red herring is a pool that holds half of the connections."""

    signal = "PostgresqlTooManyConnections"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        server = EmbeddedPostgres(self.stage.short_folder() / "postgres", durable=False)
        server.start()
        self.stage.stack.callback(server.stop)
        self.database = ShopDatabase(self.stage, server)
        self.pool: list[psycopg.Connection[Any]] = []
        return [self.database.target(longest_idle="1s", most_idle_ended="150")]

    def break_it(self) -> None:
        free = self.database.number(FREE)
        self._fill(free - PEAK // 2)

    def revert(self) -> None:
        self.clear()

    def well(self) -> bool:
        """Return whether a peak of customers gets its connections."""
        with ExitStack() as stack:
            try:
                for _ in range(PEAK):
                    stack.enter_context(psycopg.connect(self.database.url))
            except psycopg.OperationalError:
                return False
        return True

    def mislead(self) -> None:
        self._fill(self.database.number(FREE) // 2)

    def clear(self) -> None:
        for one in self.pool:
            one.close()
        until(lambda: self.database.number(IDLE) == 0, within=20)

    def _fill(self, count: int) -> None:
        self.pool = [self.database.session() for _ in range(count)]
        for one in self.pool:
            one.execute("SELECT 1")
        until(lambda: self.database.number(IDLE) == count, within=20)


DRILL = LeakedConnections
