"""Reading everything that a PostgreSQL table holds."""

from psycopg import errors, sql

from grace_workers.actions import StoredTables
from grace_workers.drivers.postgres.console import PostgresConsole

# What the server says of a file of the table that is missing, and of a disk that does not give it. A library of an
# extension that is missing has the same code and damages nothing.
_LOST = (errors.UndefinedFile, errors.IoError)
_LIBRARIES = "dfmgr.c"
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
            except _LOST as error:
                if error.diag.source_file == _LIBRARIES:
                    raise
                return False
        return True
