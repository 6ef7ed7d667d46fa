"""Nothing of a database has been frozen for a billion transactions."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.drills.grounds.databases import ShopDatabase
from tests.drills.grounds.old_server import AgeingServer

FILES = 1150
AGE = "SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()"


class OldRows(Drill):
    """The red herring are many dead rows, which are young."""

    signal = "PostgresqlXidWraparound"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.ageing = AgeingServer(self.stage)
        self.database = ShopDatabase(self.stage, self.ageing.server)
        self.database.grant("pg_maintain")
        self.database.execute("CREATE TABLE orders (paid boolean)", "INSERT INTO orders VALUES (false)")
        return [self.database.target()]

    def break_it(self) -> None:
        self.ageing.age(FILES)
        self.ageing.freeze(*self.ageing.others(self.database.name))

    def revert(self) -> None:
        self.ageing.freeze(self.database.name)

    def well(self) -> bool:
        old = self.database.number(AGE) > 1_000_000_000
        return not old and self.database.number("SELECT count(*) FROM orders WHERE NOT paid") == 1

    def mislead(self) -> None:
        self.database.execute("CREATE TABLE visits AS SELECT generate_series(1, 50000)", "DELETE FROM visits")

    def clear(self) -> None:
        self.database.execute("DROP TABLE visits")


DRILL = OldRows
