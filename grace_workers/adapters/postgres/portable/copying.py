"""Rows as the server copies them out, in pieces of whole rows.

The server sends each row as a message of its own. Passing each on by itself costs more than compressing it, so they
are gathered to pieces of a bounded size first.
"""

from collections.abc import Generator

from psycopg import sql

from grace_workers.adapters.postgres.portable.tables import Session

PIECE = 1 << 18


def copied(session: Session, statement: sql.Composed, *, piece: int = PIECE) -> Generator[tuple[bytes, int]]:
    """Yield pieces of at least that many bytes, the last one excepted, with the number of rows in each.

    Close it before you use the session again, because the copy goes on until then.
    """
    rows: list[bytes] = []
    held = 0
    with session.cursor() as cursor, cursor.copy(statement) as copy:
        while row := copy.read():
            rows.append(bytes(row))
            held += len(row)
            if held >= piece:
                yield b"".join(rows), len(rows)
                rows, held = [], 0
    if rows:
        yield b"".join(rows), len(rows)
