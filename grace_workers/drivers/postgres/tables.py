"""Reading everything that a PostgreSQL table holds."""

from psycopg import errors, sql

from grace_workers.actions import StoredTables
from grace_workers.drivers.postgres.console import PostgresConsole

# As text, so that values kept elsewhere than in their row are read too.
_READ = sql.SQL("SELECT count(found::text) AS found FROM {} AS found")


class PostgresTables(StoredTables):
    """The tables of the database behind a console. The login needs SELECT on them."""

    def __init__(self, console: PostgresConsole) -> None:
        self._console = console

    def readable(self, table: str) -> bool:
        with self._console.long_session() as session:
            try:
                session.execute(_READ.format(sql.Identifier(*table.split("."))))
            except (errors.DataCorrupted, errors.IndexCorrupted):
                return False
        return True
