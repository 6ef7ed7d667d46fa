"""A table as Parquet. Numbers, truth values and times keep their types; all else is text."""

from io import BytesIO
from typing import TYPE_CHECKING

from psycopg import sql

from grace_workers.adapters.postgres.portable.copying import copied
from grace_workers.adapters.postgres.portable.tables import Session, Table
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.archive_file import Hashed

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP = 1 << 20
"""The bytes of a row group as CSV. What a group needs in memory is some times as much."""

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
    # Without dictionaries, because they hold the texts of a column once more. The system's allocator gives memory
    # back after each group, where pyarrow's own keeps it.
    pa.set_memory_pool(pa.system_memory_pool())
    with parquet.ParquetWriter(sink, schema, compression="zstd", use_dictionary=False) as writer:
        for piece, rows in copied(session, _query(table), piece=_GROUP):
            writer.write_table(_read(piece, schema))
            count += rows
    return count


def _read(piece: bytes, schema: "pa.Schema") -> "pa.Table":
    """Return the rows of a piece of CSV. Only an empty field without quotes is null, as the server writes it."""
    import pyarrow as pa
    from pyarrow import csv

    read = {one.name: pa.int64() if pa.types.is_timestamp(one.type) else one.type for one in schema}
    found = csv.read_csv(
        BytesIO(piece),
        read_options=csv.ReadOptions(column_names=schema.names, block_size=len(piece) + 1, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=read,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return found.cast(schema)


def _type(kind: str) -> "pa.DataType":
    import pyarrow as pa

    if kind == _TIME:
        return pa.timestamp("us", tz="UTC")
    found: pa.DataType = getattr(pa, _NUMBERS.get(kind, "string"))()
    return found


def _query(table: Table) -> sql.Composed:
    chosen = [_chosen(name, kind) for name, kind in zip(table.columns, table.types, strict=True)]
    query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(chosen), sql.Identifier(table.name))
    return sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query)


def _chosen(name: str, kind: str) -> sql.Composable:
    column = sql.Identifier(name)
    if kind == _TIME:
        return sql.SQL("CASE WHEN isfinite({0}) THEN (extract(epoch FROM {0}) * 1000000)::bigint END").format(column)
    return column if kind in _NUMBERS else sql.SQL("{}::text").format(column)
