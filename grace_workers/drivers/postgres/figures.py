"""What a PostgreSQL server (14 or newer) reports about itself."""

from psycopg import sql

from grace_workers.actions import DatabaseFigures, DatabaseStatus
from grace_workers.drivers.postgres.console import PostgresConsole
from grace_workers.foundation.errors import ConflictError, TransientError

_STATUS = sql.SQL("""
    WITH client AS (
        SELECT state, state_change, query_start, datname = current_database() AS own FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
    ), wal AS (
        SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_insert_lsn() END AS now
    )
    SELECT
        (SELECT count(*) FROM client)::int AS connections,
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true), '0')::int AS connection_limit,
        coalesce((SELECT max(clock_timestamp() - state_change) FROM client
            WHERE own AND state LIKE 'idle in transaction%%'),
            interval '0') AS idle_transaction,
        coalesce((SELECT max(clock_timestamp() - query_start) FROM client WHERE own AND state = 'active'), interval '0')
            AS longest_query,
        CASE WHEN NOT pg_is_in_recovery()
            THEN coalesce((SELECT max(replay_lag) FROM pg_stat_replication), interval '0')
        WHEN pg_last_wal_receive_lsn() IS NOT DISTINCT FROM pg_last_wal_replay_lsn() THEN interval '0'
        ELSE coalesce(clock_timestamp() - pg_last_xact_replay_timestamp(), interval '0') END AS replica_lag,
        coalesce((SELECT sum(pg_wal_lsn_diff(wal.now, restart_lsn)) FROM pg_replication_slots, wal WHERE NOT active), 0)
            ::bigint AS retained_bytes,
        (SELECT max(age(datfrozenxid)) FROM pg_database)::float8 / 2147483648 AS transaction_ids
""")


class PostgresFigures(DatabaseFigures):
    """The figures of the server behind a console."""

    def __init__(self, console: PostgresConsole) -> None:
        self._console = console

    def status(self) -> DatabaseStatus:
        try:
            return DatabaseStatus(**self._console.rows(_STATUS)[0])
        except TransientError as error:
            if self._console.listens():
                raise ConflictError(f"a server is there, but {error}") from error
            raise
