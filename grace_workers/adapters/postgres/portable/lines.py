"""A table as CSV or as JSON Lines, as the server writes it."""

from psycopg import sql

from grace_workers.adapters.postgres.portable.copying import copied
from grace_workers.adapters.postgres.portable.tables import Session, Table
from grace_workers.orchestration.archive_file import Hashed

_CSV = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)")
# One JSON text per line, as it is: what would end or quote a field never stands in JSON, and a line end in it can only
# be a blank between tokens.
_JSONL = sql.SQL(
    "COPY (SELECT replace(replace(row_to_json(t)::text, E'\\n', ' '), E'\\r', ' ') FROM ({}) t)"
    " TO STDOUT (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')"
)


def write_csv(session: Session, table: Table, target: Hashed) -> int:
    """Write the rows as CSV; return their number."""
    return _copy(session, _CSV.format(table.rows), target)


def write_jsonl(session: Session, table: Table, target: Hashed) -> int:
    """Write each row as one line of JSON; return their number."""
    return _copy(session, json_lines(table.rows), target)


def json_lines(rows: sql.Composed) -> sql.Composed:
    """Return the statement that copies out each row of a query as one line of JSON."""
    return _JSONL.format(rows)


def _copy(session: Session, statement: sql.Composed, target: Hashed) -> int:
    count = 0
    for piece, rows in copied(session, statement):
        target.write(piece)
        count += rows
    return count
