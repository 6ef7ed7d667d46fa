"""What a PostgreSQL database (14 or newer) is busy with. The server bounds every list; nothing is changed."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from psycopg import sql

from grace_workers.actions import (
    ActiveStatement,
    CostlyStatement,
    DatabaseActivity,
    LockWait,
    Replica,
    ServerSettings,
    TableUse,
)
from grace_workers.drivers.postgres.console import APPLICATION, PostgresConsole

_LONGEST = 200
# Literals may be secrets or personal data; a shape without them still tells which statement it is. All kinds of quotes
# are read in one pass, because each may contain the others. A text may be cut off inside one.
_PART = re.compile(
    r"""
    (?P<name>"(?:[^"]|"")*(?:"|\Z))
    | (?P<comment>/\*.*?(?:\*/|\Z) | --[^\n]*)
    | (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)
    | (?<!\w)[eE]'(?:[^'\\]|\\.|'')*(?:'|\\?\Z)
    | (?:(?<!\w)[bBxXnN])?'(?:[^']|'')*(?:'|\Z)
    | (?<![\w$])\d[\w.]*(?:(?<=[eE])[+-]\d+)?
    """,
    re.DOTALL | re.VERBOSE,
)

_RUNNING = sql.SQL("""
    SELECT query AS statement, clock_timestamp() - query_start AS age,
        concat_ws(': ', wait_event_type, wait_event) AS waits_for, coalesce(application_name, '') AS application,
        coalesce(application_name = {ours}, false) AS own
    FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND datname = current_database() AND state = 'active'
        AND pid <> pg_backend_pid()
    ORDER BY query_start, pid LIMIT {limit}
""")
_COUNTED = sql.SQL("""
    SELECT n.nspname AS schema FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_stat_statements'
""")
_COSTLY = sql.SQL("""
    SELECT query AS statement, calls, mean_exec_time * interval '1 ms' AS mean,
        total_exec_time * interval '1 ms' AS total
    FROM {schema}.pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY total_exec_time DESC LIMIT {limit}
""")
_WAITING = sql.SQL("""
    SELECT a.query AS statement, clock_timestamp() - coalesce(l.waitstart, a.query_start) AS age,
        concat_ws(' ', l.mode, 'on', coalesce(l.relation::regclass::text, l.locktype)) AS wanted,
        ARRAY(
            SELECT concat_ws(' ', b.pid::text, b.state, nullif(b.application_name, ''))
            FROM pg_stat_activity AS b WHERE b.pid = ANY(pg_blocking_pids(a.pid)) ORDER BY b.pid LIMIT 5
        ) AS held_by
    FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
    WHERE NOT l.granted AND a.datname = current_database()
    ORDER BY age DESC, a.pid LIMIT {limit}
""")
_REPLICAS = sql.SQL("""
    SELECT coalesce(nullif(application_name, ''), client_addr::text, pid::text) AS name, state,
        coalesce(pg_wal_lsn_diff(
            CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, replay_lsn
        ), 0)::bigint AS lag_bytes, replay_lag AS lag
    FROM pg_stat_replication ORDER BY name, pid LIMIT {limit}
""")
# The size functions wait for a table that another session has locked, so sizes are those of the last vacuum or analyze.
_TABLES = sql.SQL("""
    WITH of_most AS (
        (SELECT relid FROM pg_stat_user_tables WHERE n_dead_tup > 0 ORDER BY n_dead_tup DESC LIMIT {limit})
        UNION
        (SELECT s.relid FROM pg_stat_user_tables AS s JOIN pg_class AS c ON c.oid = s.relid
            ORDER BY c.relpages DESC LIMIT {limit})
    )
    SELECT schemaname || '.' || relname AS table, n_dead_tup AS dead, n_live_tup AS live,
        greatest(last_vacuum, last_autovacuum) AS vacuumed_at,
        current_setting('block_size')::bigint * (
            SELECT coalesce(sum(c.relpages::bigint), 0) FROM pg_class AS c
            WHERE c.oid = relid OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = relid)
                OR c.oid = (SELECT t.reltoastrelid FROM pg_class AS t WHERE t.oid = relid)
        )::bigint AS size
    FROM pg_stat_user_tables JOIN of_most USING (relid) ORDER BY n_dead_tup DESC, size DESC, relid LIMIT {limit}
""")
_SIZE = sql.SQL("SELECT pg_database_size(current_database()) AS found")
_SETTINGS = sql.SQL("""
    SELECT pg_postmaster_start_time() AS started_at, pg_conf_load_time() AS loaded_at,
        ARRAY(SELECT name FROM pg_settings WHERE pending_restart ORDER BY name LIMIT 20) AS pending
""")


class PostgresActivity(DatabaseActivity):
    """The activity of the database behind a console."""

    def __init__(self, console: PostgresConsole) -> None:
        self._console = console

    def running(self, limit: int) -> Sequence[ActiveStatement]:
        return [ActiveStatement(**_shaped(row)) for row in self._rows(_RUNNING, limit)]

    def costly(self, limit: int) -> Sequence[CostlyStatement] | None:
        counted = self._console.rows(_COUNTED)
        if not counted:
            return None
        query = _COSTLY.format(schema=sql.Identifier(counted[0]["schema"]), limit=sql.Literal(limit))
        return [CostlyStatement(**_shaped(row)) for row in self._console.rows(query)]

    def waiting(self, limit: int) -> Sequence[LockWait]:
        return [LockWait(**_shaped(row)) for row in self._rows(_WAITING, limit)]

    def replicas(self, limit: int) -> Sequence[Replica]:
        return [Replica(**row) for row in self._rows(_REPLICAS, limit)]

    def tables(self, limit: int) -> Sequence[TableUse]:
        return [TableUse(**row) for row in self._rows(_TABLES, limit)]

    def size(self) -> int:
        return int(self._console.rows(_SIZE)[0]["found"])

    def settings(self) -> ServerSettings:
        return ServerSettings(**self._console.rows(_SETTINGS)[0])

    def _rows(self, query: sql.SQL, limit: int) -> Sequence[Mapping[str, Any]]:
        return self._console.rows(query.format(limit=sql.Literal(limit), ours=sql.Literal(APPLICATION)))


def shape_of(statement: str) -> str:
    """Return a statement on one line, without comments and with `?` for each value in it."""
    plain = _PART.sub(_shown, statement[: 4 * _LONGEST])
    return " ".join(plain.split())[:_LONGEST]


def _shown(part: re.Match[str]) -> str:
    return part["name"] or (" " if part["comment"] else "?")


def _shaped(row: Mapping[str, Any]) -> dict[str, Any]:
    age = {"age": max(row["age"] or timedelta(0), timedelta(0))} if "age" in row else {}
    return {**row, **age, "statement": shape_of(row["statement"] or "")}
