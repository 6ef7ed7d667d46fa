"""A table as Parquet. Numbers, truth values and times keep their types; all else is text."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from psycopg import sql

from grace_workers.adapters.postgres.portable.tables import Session, Table
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.archive_file import Hashed

if TYPE_CHECKING:
    import pyarrow as pa

_FETCHED = 1_000
_GROUP_ROWS, _GROUP_CHARACTERS = 10_000, 4_000_000
_TIME = "timestamp with time zone"
_NUMBERS = {
    "smallint": "int16",
    "integer": "int32",
    "bigint": "int64",
    "real": "float32",
    "double precision": "float64",
    "boolean": "bool_",
}


def write_parquet(session: Session, table: Table, target: Hashed) -> int:
    """Write the rows in groups; return their number. A time without an end, infinity, becomes null.

    Raises:
        InputError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise InputError("writing Parquet needs the extra: pip install 'grace-workers[parquet]'") from error
    schema = pa.schema([(name, _type(kind)) for name, kind in zip(table.columns, table.types, strict=True)])
    count = 0
    sink = pa.PythonFile(target, mode="w")
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for rows in _groups(session, table):
            columns = zip(*rows, strict=True)
            writer.write_batch(
                pa.record_batch(
                    [pa.array(list(one), type=kind) for one, kind in zip(columns, schema.types, strict=True)],
                    schema=schema,
                )
            )
            count += len(rows)
    return count


def _type(kind: str) -> "pa.DataType":
    import pyarrow as pa

    if kind == _TIME:
        return pa.timestamp("us", tz="UTC")
    found: pa.DataType = getattr(pa, _NUMBERS.get(kind, "string"))()
    return found


def _groups(session: Session, table: Table) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield rows in groups that are bounded in number and in size."""
    chosen = [_chosen(name, kind) for name, kind in zip(table.columns, table.types, strict=True)]
    query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(chosen), sql.Identifier(table.name))
    group: list[Sequence[Any]] = []
    held = 0
    with session.cursor(name="rows") as cursor:
        cursor.itersize = _FETCHED
        for row in cursor.execute(query):
            group.append(row)
            held += sum(len(one) for one in row if isinstance(one, str))
            if len(group) >= _GROUP_ROWS or held >= _GROUP_CHARACTERS:
                yield group
                group, held = [], 0
    if group:
        yield group


def _chosen(name: str, kind: str) -> sql.Composable:
    column = sql.Identifier(name)
    if kind == _TIME:
        return sql.SQL("CASE WHEN isfinite({0}) THEN (extract(epoch FROM {0}) * 1000000)::bigint END").format(column)
    return column if kind in _NUMBERS else sql.SQL("{}::text").format(column)
