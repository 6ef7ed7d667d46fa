"""The idle sessions of a PostgreSQL database (14 or newer)."""

from collections.abc import Sequence
from datetime import timedelta

from psycopg import sql

from grace_workers.actions import ClientSessions, IdleSession
from grace_workers.drivers.postgres.console import ENDABLE, PostgresConsole

# The moment at which a session fell idle is another one as soon as its client has used it.
_INCARNATION = sql.SQL("""
    concat_ws('/', extract(epoch FROM activity.backend_start)::text, extract(epoch FROM activity.state_change)::text)
""")
_IDLE = sql.SQL("""
    SELECT activity.pid AS number, {incarnation} AS incarnation,
        coalesce(activity.application_name, '') AS application,
        clock_timestamp() - activity.state_change AS idle, activity.state <> 'idle' AS in_transaction
    FROM pg_stat_activity AS activity
    WHERE {endable} AND {unused} AND activity.state = ANY({states})
        AND clock_timestamp() - activity.state_change >= {older_than}::interval
    ORDER BY activity.state_change, activity.pid
""")
# What holds an advisory lock outside any transaction keeps it on purpose: a leader, or a migration between two steps.
_UNUSED = sql.SQL("""
    (activity.state <> 'idle' OR NOT EXISTS (
        SELECT FROM pg_locks AS held WHERE held.pid = activity.pid AND held.locktype = 'advisory'
    ))
""")
_END = sql.SQL("""
    SELECT pg_terminate_backend(activity.pid, 5000) AS ended FROM pg_stat_activity AS activity
    WHERE activity.pid = {pid} AND {incarnation} = {which} AND {endable} AND starts_with(activity.state, 'idle')
""")
_COUNT = sql.SQL("""
    SELECT count(*) AS found FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
""")
_STATES = {True: ["idle in transaction", "idle in transaction (aborted)"], False: ["idle"]}


class PostgresSessions(ClientSessions):
    """The sessions with the database behind a console."""

    def __init__(self, console: PostgresConsole) -> None:
        self._console = console

    def idle(self, older_than: timedelta, *, in_transaction: bool) -> Sequence[IdleSession]:
        query = _IDLE.format(
            incarnation=_INCARNATION,
            endable=ENDABLE,
            unused=_UNUSED,
            states=sql.Literal(_STATES[in_transaction]),
            older_than=sql.Literal(older_than),
        )
        return [IdleSession(**row) for row in self._console.rows(query)]

    def end(self, session: IdleSession) -> bool:
        """End that very session and wait up to five seconds for its end."""
        query = _END.format(
            pid=sql.Literal(session.number),
            incarnation=_INCARNATION,
            which=sql.Literal(session.incarnation),
            endable=ENDABLE,
        )
        return any(row["ended"] for row in self._console.rows(query))

    def count(self) -> int:
        return int(self._console.rows(_COUNT)[0]["found"])
