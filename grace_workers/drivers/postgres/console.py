"""A PostgreSQL database (14 or newer) as a `SqlConsole`: its maintenance over short sessions of our own."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import PGconn, Ping
from psycopg.rows import dict_row

from grace_workers.actions import Blocker, EnvironmentProof, RunningQuery, SqlConsole
from grace_workers.drivers.postgres import index_upkeep as indexes
from grace_workers.drivers.postgres.halting import cancelled_when_halted
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError, TransientError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}")
APPLICATION = "grace"
_CANCELLED_WITHIN, _LOOK = 5.0, 0.05

# Sessions that may be ended: clients of this database, but no superuser's, no replication's, none of our own.
ENDABLE = sql.SQL("""
    activity.datname = current_database() AND activity.backend_type = 'client backend'
    AND activity.pid <> pg_backend_pid() AND activity.application_name !~ '^grace($|[-/:])'
    AND NOT EXISTS (
        SELECT FROM pg_roles AS role WHERE role.oid = activity.usesysid AND (role.rolsuper OR role.rolreplication)
    )
""")
_INCARNATION = sql.SQL("to_char(activity.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')")
_BLOCKERS = sql.SQL("""
    WITH RECURSIVE waiting AS MATERIALIZED (
        SELECT pid, pg_blocking_pids(pid) AS blocked_by FROM pg_stat_activity WHERE wait_event_type = 'Lock'
    ), edge AS (
        SELECT DISTINCT pid, unnest(blocked_by) AS blocker FROM waiting
    ), queue (root, pid) AS (
        SELECT blocker, pid FROM edge WHERE blocker NOT IN (SELECT pid FROM edge)
        UNION
        SELECT queue.root, edge.pid FROM queue JOIN edge ON edge.blocker = queue.pid
    ), root AS (
        SELECT root AS pid, count(DISTINCT pid) AS waiting FROM queue GROUP BY root
    )
    SELECT activity.pid, {incarnation} AS incarnation, root.waiting,
        clock_timestamp() - activity.xact_start AS transaction_age,
        coalesce(activity.state, '') AS state, coalesce(activity.application_name, '') AS application
    FROM root JOIN pg_stat_activity AS activity USING (pid)
    WHERE {endable} AND clock_timestamp() - activity.xact_start > %(older_than)s
    ORDER BY root.waiting DESC, activity.xact_start, activity.pid
""").format(incarnation=_INCARNATION, endable=ENDABLE)
_IDENTITY = sql.SQL("""
    SELECT system_identifier::text AS system, current_database()::text AS name FROM pg_control_system()
""")
_END = sql.SQL("""
    SELECT pg_terminate_backend(activity.pid, 5000) AS ended FROM pg_stat_activity AS activity
    WHERE activity.pid = %(pid)s AND {incarnation} = %(incarnation)s AND {endable}
""").format(incarnation=_INCARNATION, endable=ENDABLE)
_EXISTS = sql.SQL("""
    SELECT count(*) AS found FROM pg_stat_activity AS activity
    WHERE activity.pid = %(pid)s AND {incarnation} = %(incarnation)s
""").format(incarnation=_INCARNATION)
_WAITERS = sql.SQL("""
    SELECT count(*) AS found FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
""")
_SESSIONS = sql.SQL("""
    SELECT count(*) AS found FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
""")
_BEGUN = sql.SQL("to_char(activity.query_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')")
# Maintenance reports its progress; ending it would waste the work and leave a half-built index behind.
_CANCELLABLE = sql.SQL("""
    {endable} AND activity.state = 'active'
    AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum AS work WHERE work.pid = activity.pid)
    AND NOT EXISTS (SELECT FROM pg_stat_progress_cluster AS work WHERE work.pid = activity.pid)
    AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS work WHERE work.pid = activity.pid)
""").format(endable=ENDABLE)
_LONG = sql.SQL("""
    SELECT activity.pid, {incarnation} AS incarnation, {begun} AS begun,
        clock_timestamp() - activity.query_start AS age, activity.backend_xid IS NOT NULL AS wrote,
        coalesce(activity.application_name, '') AS application
    FROM pg_stat_activity AS activity
    WHERE {cancellable} AND clock_timestamp() - activity.query_start > %(older_than)s
    ORDER BY activity.query_start, activity.pid
""").format(incarnation=_INCARNATION, begun=_BEGUN, cancellable=_CANCELLABLE)
_THAT = sql.SQL("""
    FROM pg_stat_activity AS activity
    WHERE activity.pid = %(pid)s AND {incarnation} = %(incarnation)s AND {begun} = %(begun)s
        AND activity.state = 'active'
""").format(incarnation=_INCARNATION, begun=_BEGUN)
_CANCEL = sql.SQL("SELECT pg_cancel_backend(activity.pid) AS ended {that} AND {cancellable}").format(
    that=_THAT, cancellable=_CANCELLABLE
)
_RUNS = sql.SQL("SELECT count(*) AS found {that}").format(that=_THAT)
_PENDING = sql.SQL("""
    SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::bigint AS found FROM pg_control_checkpoint()
""")
_TABLE = sql.SQL("""
    SELECT space.nspname AS schema, class.relname AS name,
        coalesce(pg_stat_get_dead_tuples(class.oid), 0) AS dead,
        coalesce(pg_stat_get_live_tuples(class.oid), 0) AS live,
        coalesce(pg_stat_get_mod_since_analyze(class.oid), 0) AS changed
    FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = class.relnamespace
    WHERE class.relkind IN ('r', 'm', 'p') AND class.relname = %(name)s
        AND space.nspname = ANY(CASE WHEN %(schema)s::text IS NULL THEN current_schemas(false)
            ELSE ARRAY[%(schema)s::name] END)
    ORDER BY array_position(current_schemas(false), space.nspname) LIMIT 1
""")


class PostgresConsole(SqlConsole, EnvironmentProof):
    """The database at `url`. `patience` limits every statement, `upkeep` a vacuum or checkpoint."""

    def __init__(
        self,
        url: str,
        *,
        patience: timedelta = timedelta(seconds=10),
        upkeep: timedelta = timedelta(minutes=10),
    ) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        try:
            conninfo_to_dict(self._url)
        except psycopg.ProgrammingError:
            # The driver's own message would show the URL with its password.
            raise InputError("the database url cannot be read; use postgresql://user:password@host/name") from None
        self._patience = patience
        self._upkeep = upkeep

    def blockers(self, older_than: timedelta) -> Sequence[Blocker]:
        return [Blocker(**row) for row in self._rows(_BLOCKERS, {"older_than": older_than})]

    def lock_waiters(self) -> int:
        return self._number(_WAITERS)

    def end_session(self, blocker: Blocker) -> bool:
        """End that very session and wait up to five seconds for its end."""
        which = {"pid": blocker.pid, "incarnation": blocker.incarnation}
        return any(row["ended"] for row in self._rows(_END, which))

    def session_exists(self, pid: int, incarnation: str) -> bool:
        return self._number(_EXISTS, {"pid": pid, "incarnation": incarnation}) > 0

    def session_count(self) -> int:
        return self._number(_SESSIONS)

    def environment(self) -> str:
        """Return the identifier that `initdb` gave the cluster, which its replicas share, and the database's name."""
        (row,) = self._rows(_IDENTITY, {})
        return f"postgres:{row['system']}/{row['name']}"

    def checkpoint(self) -> None:
        with self._session(self._upkeep) as session:
            session.execute("CHECKPOINT")

    def bytes_since_checkpoint(self) -> int:
        return self._number(_PENDING)

    def vacuum(self, table: str, *, analyze: bool) -> None:
        """Vacuum one table.

        Raises:
            NotFoundError: no such table.
            PermanentError: the database skipped it, because our role may not vacuum it.
        """
        self._maintain(table, "VACUUM (ANALYZE) {}" if analyze else "VACUUM {}")

    def dead_tuples(self, table: str) -> int:
        return int(self._table(table)["dead"])

    def live_tuples(self, table: str) -> int:
        return int(self._table(table)["live"])

    def changed_tuples(self, table: str) -> int:
        return int(self._table(table)["changed"])

    def analyze(self, table: str) -> None:
        """Analyze one table.

        Raises:
            NotFoundError: no such table.
            PermanentError: the database skipped it, because our role may not analyze it.
        """
        self._maintain(table, "ANALYZE {}")

    def long_queries(self, older_than: timedelta) -> Sequence[RunningQuery]:
        return [RunningQuery(**row) for row in self._rows(_LONG, {"older_than": older_than})]

    def cancel_query(self, query: RunningQuery) -> bool:
        """Cancel that very statement and wait up to five seconds for its end."""
        cancelled = any(row["ended"] for row in self._rows(_CANCEL, _which(query)))
        until = time.monotonic() + _CANCELLED_WITHIN
        while cancelled and self.query_runs(query) and time.monotonic() < until:
            time.sleep(_LOOK)
        return cancelled

    def query_runs(self, query: RunningQuery) -> bool:
        return self._number(_RUNS, _which(query)) > 0

    def index_bytes(self, index: str) -> int:
        with self._session(self._patience) as session:
            return indexes.size(session, *_parts(index, "index"))

    def reindex(self, index: str) -> None:
        with self._session(self._upkeep) as session, cancelled_when_halted(session):
            indexes.rebuild(session, *_parts(index, "index"))

    def index_leftovers(self, index: str) -> Sequence[str]:
        with self._session(self._patience) as session:
            return indexes.leftovers(session, *_parts(index, "index"))

    def drop_index_leftovers(self, index: str) -> int:
        with self._session(self._upkeep) as session:
            return indexes.drop_leftovers(session, *_parts(index, "index"))

    def rows(self, query: sql.SQL | sql.Composed) -> Sequence[Mapping[str, Any]]:
        """Return the result of a query of this driver."""
        return self._rows(query, {})

    def long_session(self) -> AbstractContextManager[psycopg.Connection[dict[str, Any]]]:
        """Return a session whose statements may take as long as a vacuum; errors are translated when it is left."""
        return self._session(self._upkeep)

    def listens(self) -> bool:
        """Return whether a server is there, also one that starts, is full, or rejects the login."""
        # libpq reads the server's code of the refusal, which psycopg loses, and not its words, which may be in any
        # language.
        asked = make_conninfo(self._url, connect_timeout=5, application_name=APPLICATION)
        return Ping(PGconn.ping(asked.encode())) in {Ping.OK, Ping.REJECT}

    def _maintain(self, table: str, statement: LiteralString) -> None:
        found = self._table(table)
        self.maintain(sql.Identifier(found["schema"], found["name"]), table, statement)

    def maintain(self, name: sql.Identifier, table: str, statement: LiteralString) -> None:
        """Run a statement of maintenance on the table of that name. Raises PermanentError if it was skipped."""
        warnings: list[str] = []
        with self._session(self._upkeep) as session, cancelled_when_halted(session):
            session.add_notice_handler(lambda notice: warnings.append(notice.message_primary or ""))
            session.execute(sql.SQL(statement).format(name))
        # The server only warns when it skips a table, and the statement succeeds.
        if skipped := [warning for warning in warnings if "skipping" in warning]:
            done = statement.split()[0].lower()
            raise PermanentError(
                f"table {table!r} was not {done.removesuffix('e')}ed: {skipped[0]}; grant MAINTAIN on it or its owner"
            )

    def _table(self, table: str) -> Mapping[str, Any]:
        schema, name = _parts(table, "table")
        rows = self._rows(_TABLE, {"schema": schema, "name": name})
        if not rows:
            raise NotFoundError(f"no table {table!r} in the database")
        return rows[0]

    def _number(self, query: sql.SQL | sql.Composed, params: Mapping[str, Any] | None = None) -> int:
        return int(self._rows(query, params or {})[0]["found"])

    def _rows(self, query: sql.SQL | sql.Composed, params: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        with self._session(self._patience) as session:
            return session.execute(query, params).fetchall()

    @contextmanager
    def _session(self, limit: timedelta) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        milliseconds = int(limit.total_seconds() * 1000)
        try:
            with psycopg.connect(
                self._url,
                autocommit=True,
                row_factory=dict_row,
                connect_timeout=5,
                application_name=APPLICATION,
                options=f"-c statement_timeout={milliseconds} -c lock_timeout=5000",
            ) as session:
                yield session
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported) as error:
            raise PermanentError(f"the database refuses: {_said(error)}; grant Grace's role the privilege") from error
        except psycopg.errors.ObjectNotInPrerequisiteState as error:
            raise PermanentError(f"the database cannot do this now: {_said(error)}") from error
        except psycopg.ProgrammingError as error:
            raise PermanentError(f"the database rejects the statement: {_said(error)}") from error
        except psycopg.Error as error:
            raise TransientError(f"the database does not answer: {_said(error)}") from error


def _parts(name: str, what: str) -> tuple[str | None, str]:
    schema, dot, last = name.rpartition(".")
    if not _NAME.fullmatch(last) or (dot and not _NAME.fullmatch(schema)):
        raise InputError(f"{what} {name[:80]!r} does not have the form `name` or `schema.name`")
    return schema or None, last


def _which(query: RunningQuery) -> Mapping[str, Any]:
    return {"pid": query.pid, "incarnation": query.incarnation, "begun": query.begun}


def _said(error: psycopg.Error) -> str:
    """Return the server's sentence, or the driver's first line, which names host and user but no password."""
    return error.diag.message_primary or str(error).partition("\n")[0] or type(error).__name__
