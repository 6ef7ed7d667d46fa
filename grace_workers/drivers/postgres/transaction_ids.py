"""The transaction ids of a PostgreSQL database (14 or newer)."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import sql

from grace_workers.actions import TableAge, TransactionIds
from grace_workers.drivers.postgres.console import PostgresConsole
from grace_workers.foundation.errors import NotFoundError

_USED = sql.SQL("""
    SELECT age(datfrozenxid)::float8 / 2147483648 AS found FROM pg_database WHERE datname = current_database()
""")
# A table is vacuumed with the one that holds its large values, so the older of the two counts.
_TABLES = sql.SQL("""
    SELECT space.nspname::text AS schema, class.relname::text AS name,
        format('%%I.%%I', space.nspname, class.relname) AS table,
        greatest(age(class.relfrozenxid), coalesce(age(large.relfrozenxid), 0))::int AS age
    FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = class.relnamespace
        LEFT JOIN pg_class AS large ON large.oid = class.reltoastrelid
    WHERE class.relkind IN ('r', 'm') AND class.relfrozenxid <> '0'::xid AND class.relpersistence <> 't' AND {which}
    ORDER BY age DESC, "table" LIMIT {limit}
""")
_ALL, _ONE = sql.SQL("true"), sql.SQL("class.oid = to_regclass({table})")


class PostgresTransactionIds(TransactionIds):
    """The ids of the database behind a console. The login needs MAINTAIN on all tables, as `pg_maintain` gives it."""

    def __init__(self, console: PostgresConsole) -> None:
        self._console = console

    def used(self) -> float:
        return float(self._console.rows(_USED)[0]["found"])

    def oldest(self, limit: int) -> Sequence[TableAge]:
        return [TableAge(table=one["table"], age=one["age"]) for one in self._found(_ALL, limit)]

    def freeze(self, table: str) -> int:
        one = self._one(table)
        name = sql.Identifier(one["schema"], one["name"])
        self._console.maintain(name, table, "VACUUM (FREEZE, PARALLEL 0) {}")
        return int(self._one(table)["age"])

    def _one(self, table: str) -> Mapping[str, Any]:
        rows = self._found(_ONE.format(table=sql.Literal(table)), 1)
        if not rows:
            raise NotFoundError(f"no table {table[:200]!r} in the database")
        return rows[0]

    def _found(self, which: sql.SQL | sql.Composed, limit: int) -> Sequence[Mapping[str, Any]]:
        return self._console.rows(_TABLES.format(which=which, limit=sql.Literal(limit)))
