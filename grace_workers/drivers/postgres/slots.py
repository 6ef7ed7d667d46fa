"""The replication slots of a PostgreSQL server (14 or newer)."""

from collections.abc import Sequence

from psycopg import sql

from grace_workers.actions import ReplicationSlot, ReplicationSlots
from grace_workers.drivers.postgres.console import PostgresConsole

# A temporary slot goes with its session.
_UNREAD = sql.SQL("""
    WITH wal AS (
        SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_insert_lsn() END AS now
    )
    SELECT slot_name::text AS name, slot_type AS kind, coalesce(plugin::text, '') AS plugin,
        restart_lsn::text AS position, greatest(pg_wal_lsn_diff(wal.now, restart_lsn), 0)::bigint AS retained
    FROM pg_replication_slots, wal WHERE NOT active AND NOT temporary AND restart_lsn IS NOT NULL
    ORDER BY retained DESC, name
""")
_DROP = sql.SQL("""
    SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
    WHERE slot_name = {name} AND restart_lsn = {position}::pg_lsn AND NOT active AND NOT temporary
""")


class PostgresSlots(ReplicationSlots):
    """The slots of the server behind a console. To drop one, the login needs the right REPLICATION."""

    def __init__(self, console: PostgresConsole) -> None:
        self._console = console

    def unread(self) -> Sequence[ReplicationSlot]:
        return [ReplicationSlot(**row) for row in self._console.rows(_UNREAD)]

    def drop(self, slot: ReplicationSlot) -> bool:
        query = _DROP.format(name=sql.Literal(slot.name), position=sql.Literal(slot.position))
        return bool(self._console.rows(query))
