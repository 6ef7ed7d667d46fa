"""The tables of an archive: which belong to it, their columns, and the order in which they can be restored."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

from grace_workers.orchestration.portable import ArchiveScope

Session: TypeAlias = psycopg.Connection[Any]

LEARNING = frozenset(
    {"co_occurrences", "knowledge", "learned_causes", "models", "precedents", "signatures", "track_records"}
)
ALIVE_NOW = frozenset(
    {
        "alembic_version",
        "breaker_flushes",
        "breakers",
        "broker_epochs",
        "instances",
        "kernels",
        "leases",
        "node_orders",
        "slots",
    }
)
"""What only says who is alive now; the nodes that start make it anew."""

AUDIT = "audit_"

_TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum),
    array_agg(format_type(a.atttypid, NULL) ORDER BY a.attnum)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
GROUP BY c.relname ORDER BY c.relname
"""

_REFERENCES = """
SELECT r.conrelid::regclass::text, r.confrelid::regclass::text FROM pg_constraint r
WHERE r.contype = 'f' AND r.connamespace = current_schema()::regnamespace
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, and the names and types of its columns."""

    name: str
    columns: Sequence[str]
    types: Sequence[str]

    @property
    def rows(self) -> sql.Composed:
        """The query of all rows."""
        return sql.SQL("SELECT {} FROM {}").format(names(self.columns), sql.Identifier(self.name))


def tables(session: Session) -> Mapping[str, Table]:
    """Return all tables, by name."""
    return {row[0]: Table(name=row[0], columns=row[1], types=row[2]) for row in session.execute(_TABLES).fetchall()}


def belongs(table: str, scope: ArchiveScope) -> bool:
    """Return whether a table is in the archives of a scope."""
    return table in LEARNING if scope is ArchiveScope.LEARNING else table not in ALIVE_NOW


def names(of: Iterable[str]) -> sql.Composed:
    """Return the names as SQL, with commas."""
    return sql.SQL(", ").join(sql.Identifier(name) for name in of)


def parents_first(session: Session, wanted: Collection[str]) -> Sequence[str]:
    """Return the tables in an order in which every reference finds its row."""
    needs: dict[str, set[str]] = {name: set() for name in wanted}
    for child, parent in session.execute(_REFERENCES).fetchall():
        if child in needs and parent in needs and child != parent:
            needs[child].add(parent)
    order: list[str] = []
    while needs:
        ready = sorted(name for name, parents in needs.items() if parents <= set(order)) or sorted(needs)
        order += ready
        needs = {name: parents for name, parents in needs.items() if name not in ready}
    return order
