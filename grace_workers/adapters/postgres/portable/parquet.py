"""A table as Parquet. Numbers, truth values and times keep their types; all else is text.

The server sends each row as JSON, which tells an empty text from none, and arro3 reads and writes them as they come.
"""

from collections.abc import Iterator
from contextlib import closing
from io import UnsupportedOperation
from typing import IO, TYPE_CHECKING, cast

import psycopg
from psycopg import sql

from grace_workers.adapters.postgres.portable.copying import copied
from grace_workers.adapters.postgres.portable.lines import json_lines
from grace_workers.adapters.postgres.portable.tables import Session, Table
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.archive_file import Hashed

if TYPE_CHECKING:
    from arro3.core import DataType, Schema

_GROUP, _BATCH = 4 << 20, 1 << 20
"""About how many bytes of the table a group of rows has, which is held packed, and a batch, which is held as it is."""

_MOST = 20_000
_TIME = "timestamp with time zone"
_NUMBERS = {
    "smallint": "int16",
    "integer": "int32",
    "bigint": "int64",
    "real": "float32",
    "double precision": "float64",
    "boolean": "bool",
}


def write_parquet(session: Session, table: Table, target: Hashed) -> int:
    """Write the rows in groups; return their number. A time without an end, infinity, becomes null.

    Raises:
        InputError: arro3 is not installed.
    """
    try:
        from arro3.io import read_json
        from arro3.io import write_parquet as write
    except ImportError as error:
        raise InputError("writing Parquet needs the extra: pip install 'grace-workers[parquet]'") from error
    wide, sink = _width(session, table), _Sink(target)
    with closing(copied(session, json_lines(_query(table)))) as pieces:
        rows = _Rows(pieces, sink)
        # Its stubs want whole files, but it only reads and writes on, once it has seen that they could seek.
        read = read_json(cast("IO[bytes]", rows), _schema(table), batch_size=_count(_BATCH, wide))
        # Without dictionaries, because they hold the texts of a column once more.
        group = _count(_GROUP, wide)
        packed = cast("IO[bytes]", sink)
        write(read, packed, compression="zstd(1)", dictionary_enabled=False, max_row_group_size=group)
        if (failed := rows.failed or sink.failed) is not None:
            raise failed
    return rows.count


def _width(session: Session, table: Table) -> float:
    """Return how many bytes a row takes on the server's disk, where long texts are packed."""
    query = sql.SQL("SELECT pg_table_size({name}), (SELECT count(*) FROM {table})")
    found = session.execute(query.format(name=table.name, table=sql.Identifier(table.name))).fetchone()
    size, count = (0, 0) if found is None else found
    return size / max(count, 1)


def _count(size: int, wide: float) -> int:
    return max(1, min(_MOST, int(size / max(wide, 1.0))))


class _Unseekable:
    """What arro3 asks of a stream before it reads or writes from its beginning to its end."""

    def seek(self, place: int, whence: int = 0) -> int:
        raise UnsupportedOperation(f"no seeking to {place} from {whence}")

    def tell(self) -> int:
        raise UnsupportedOperation("no place to tell")


class _Sink(_Unseekable):
    """Passes on what is written, until something fails."""

    def __init__(self, target: Hashed) -> None:
        self._target = target
        self.failed: OSError | None = None

    def write(self, piece: bytes) -> int:
        # Kept instead of raised, because arro3 panics on a stream that raises.
        if self.failed is None:
            try:
                self._target.write(piece)
            except OSError as error:
                self.failed = error
        return len(piece)

    def flush(self) -> None:
        """Do nothing: the archive is flushed when it is closed."""


class _Rows(_Unseekable):
    """The pieces as one stream, until something fails here or in the sink; `count` are the rows so far."""

    def __init__(self, pieces: Iterator[tuple[bytes, int]], sink: _Sink) -> None:
        self._pieces, self._sink, self._left = pieces, sink, memoryview(b"")
        self.count = 0
        self.failed: psycopg.Error | KeyboardInterrupt | None = None

    def read(self, size: int = -1) -> bytes:
        if not self._left and self._sink.failed is None and self.failed is None:
            try:
                piece, rows = next(self._pieces, (b"", 0))
            except (psycopg.Error, KeyboardInterrupt) as error:
                # Kept instead of raised, because arro3 would raise an error of its own that does not tell which it was.
                self.failed = error
                return b""
            self._left, self.count = memoryview(piece), self.count + rows
        size = len(self._left) if size < 0 else size
        taken, self._left = self._left[:size], self._left[size:]
        return bytes(taken)


def _schema(table: Table) -> "Schema":
    from arro3.core import Field, Schema

    return Schema([Field(name, _type(kind)) for name, kind in zip(table.columns, table.types, strict=True)])


def _type(kind: str) -> "DataType":
    from arro3.core import DataType

    if kind == _TIME:
        return DataType.timestamp("us", tz="UTC")
    found: DataType = getattr(DataType, _NUMBERS.get(kind, "utf8"))()
    return found


def _query(table: Table) -> sql.Composed:
    chosen = [_chosen(name, kind) for name, kind in zip(table.columns, table.types, strict=True)]
    return sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(chosen), sql.Identifier(table.name))


def _chosen(name: str, kind: str) -> sql.Composable:
    column = sql.Identifier(name)
    if kind == _TIME:
        micros = "CASE WHEN isfinite({0}) THEN (extract(epoch FROM {0}) * 1000000)::bigint END AS {0}"
        return sql.SQL(micros).format(column)
    return column if kind in _NUMBERS else sql.SQL("{0}::text AS {0}").format(column)
