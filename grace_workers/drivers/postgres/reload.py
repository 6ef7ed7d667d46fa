"""Letting a PostgreSQL server (14 or newer) read its configuration again, after it has looked for faults in it."""

from psycopg import sql

from grace_workers.actions import Reloadable
from grace_workers.drivers.postgres.console import PostgresConsole
from grace_workers.foundation.errors import ConflictError, PermanentError

# A setting that only a restart changes is reported like a faulty one, and a reload leaves it as it is.
_FAULTS = sql.SQL("""
    SELECT concat(regexp_replace(f.sourcefile, '^.*/', ''), ' line ', f.sourceline, ': ', f.name, ' ', f.error) AS said
    FROM pg_file_settings AS f LEFT JOIN pg_settings AS s ON s.name = f.name
    WHERE f.error IS NOT NULL AND NOT (s.context = 'postmaster' AND f.error = 'setting could not be applied')
    UNION ALL
    SELECT concat('pg_hba.conf line ', line_number, ': ', error) FROM pg_hba_file_rules WHERE error IS NOT NULL
    LIMIT 3
""")
_STARTED = sql.SQL(
    "SELECT to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') AS at"
)
_RELOAD = sql.SQL("SELECT pg_reload_conf() AS done")


class ServerReload(Reloadable):
    """The server behind a console. It reads its files a moment after the reload, and keeps what it had on a fault."""

    def __init__(self, console: PostgresConsole) -> None:
        self._console = console

    def incarnation(self) -> str | None:
        return str(self._console.rows(_STARTED)[0]["at"]) if self._console.listens() else None

    def tested_by(self) -> str | None:
        return "`pg_file_settings` and `pg_hba_file_rules`"

    def objection(self) -> str | None:
        return "; ".join(str(one["said"]) for one in self._console.rows(_FAULTS)) or None

    def reload(self) -> None:
        if self.incarnation() is None:
            raise ConflictError("the server does not run, so it has nothing to reload")
        if not self._console.rows(_RELOAD)[0]["done"]:
            raise PermanentError("the server could not be told to read its configuration again; read its log")
