"""A disk returned garbage for a page of a table, and the server wrote it back."""

import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.governance import Role
from tests.damage import damage, repair
from tests.drills.drill import Drill
from tests.drills.grounds.databases import ShopDatabase
from tests.replicating import BINARIES

ORDERS = 1000


class DamagedTable(Drill):
    """The red herring is a table that someone emptied on purpose."""

    signal = "DatabaseCorruption"
    asks = Role.APPROVER

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.folder = self.stage.short_folder() / "postgres"
        self.server = EmbeddedPostgres(self.folder, durable=False)
        self.server.start()
        self.stage.stack.callback(self.server.stop)
        self.database = ShopDatabase(self.stage, self.server)
        self.database.allow("CREATEDB")
        self.database.execute(
            f"CREATE TABLE orders AS SELECT generate_series(1, {ORDERS}) AS number",
            "CREATE TABLE visits AS SELECT generate_series(1, 10) AS number",
        )
        dumps = self.stage.path("dumps")
        dumps.mkdir()
        command = [BINARIES / "pg_dump", "--format=custom", f"--file={dumps / 'nightly.dump'}", self.database.url]
        subprocess.run(command, check=True)
        backups = {
            "folder": str(dumps),
            "program": str(BINARIES / "pg_restore"),
            "least_rows": {"orders": ORDERS},
        }
        target = self.database.target(checked_tables="orders")
        return [{**target, "connection": {**target["connection"], "backups": backups}}]

    def break_it(self) -> None:
        self.damaged = damage(self.server, self.folder, self.database.name, "orders")

    def revert(self) -> None:
        repair(self.server, *self.damaged)

    def well(self) -> bool:
        try:
            return self.database.number("SELECT count(*) FROM orders") == ORDERS
        except psycopg.errors.DataCorrupted:
            return False

    def mislead(self) -> None:
        self.database.execute("DELETE FROM visits")

    def clear(self) -> None:
        self.database.execute("INSERT INTO visits SELECT generate_series(1, 10)")


DRILL = DamagedTable
