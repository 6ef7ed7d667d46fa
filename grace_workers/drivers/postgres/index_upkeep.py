"""The maintenance of one index: its size, a rebuild beside it, and what interrupted rebuilds leave behind."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from grace_workers.foundation.errors import NotFoundError, TransientError

Session = psycopg.Connection[dict[str, Any]]

_INDEX = sql.SQL("""
    SELECT class.oid, space.nspname AS schema, class.relname AS name, index.indrelid AS relation,
        pg_relation_size(class.oid) AS size
    FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = class.relnamespace
        JOIN pg_index AS index ON index.indexrelid = class.oid
    WHERE class.relkind = 'i' AND class.relname = %(name)s
        AND space.nspname = ANY(CASE WHEN %(schema)s::text IS NULL THEN current_schemas(false)
            ELSE ARRAY[%(schema)s::name] END)
    ORDER BY array_position(current_schemas(false), space.nspname) LIMIT 1
""")
# The server names what it builds after the index, with `_ccnew` or `_ccold` and a number, and cuts a name to 63 bytes.
_LEFT = sql.SQL("""
    SELECT left_over.name FROM (
        SELECT class.relname::text AS name, regexp_replace(class.relname, '_cc(new|old)[0-9]*$', '') AS origin
        FROM pg_class AS class JOIN pg_index AS index ON index.indexrelid = class.oid
        WHERE index.indrelid = %(relation)s AND NOT index.indisvalid AND class.oid <> %(oid)s
            AND class.relname ~ '._cc(new|old)[0-9]*$'
    ) AS left_over
    WHERE left_over.origin = %(name)s
        OR (octet_length(left_over.name) = 63 AND starts_with(%(name)s, left_over.origin))
    ORDER BY left_over.name
""")
_BUILDS = sql.SQL("SELECT count(*) AS found FROM pg_stat_progress_create_index WHERE relid = %(relation)s")


def size(session: Session, schema: str | None, name: str) -> int:
    """Return the bytes of the index. Raises NotFoundError."""
    return int(_index(session, schema, name)["size"])


def leftovers(session: Session, schema: str | None, name: str) -> Sequence[str]:
    """Return the invalid indexes that rebuilds of this index left. Raises NotFoundError."""
    return [row["name"] for row in session.execute(_LEFT, _index(session, schema, name)).fetchall()]


def drop_leftovers(session: Session, schema: str | None, name: str) -> int:
    """Drop them and return how many. Raises NotFoundError, TransientError while a build on the table runs."""
    found = _index(session, schema, name)
    left = leftovers(session, schema, name)
    # A running build looks like a leftover, because its index is not valid before its end.
    if left and session.execute(_BUILDS, found).fetchall()[0]["found"]:
        raise TransientError(f"an index of the table of {name!r} is being built; try again when that has ended")
    for one in left:
        session.execute(sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(found["schema"], one)))
    return len(left)


def rebuild(session: Session, schema: str | None, name: str) -> None:
    """Drop what earlier rebuilds left, then rebuild. Raises as `drop_leftovers`."""
    drop_leftovers(session, schema, name)
    found = _index(session, schema, name)
    session.execute(sql.SQL("REINDEX INDEX CONCURRENTLY {}").format(sql.Identifier(found["schema"], found["name"])))


def _index(session: Session, schema: str | None, name: str) -> Mapping[str, Any]:
    rows = session.execute(_INDEX, {"schema": schema, "name": name}).fetchall()
    if not rows:
        raise NotFoundError(f"no index {name!r} in the database")
    return rows[0]
