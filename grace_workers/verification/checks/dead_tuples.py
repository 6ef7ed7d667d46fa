"""How many dead rows a table has."""

from grace_workers.actions import SqlConsole, Table
from grace_workers.foundation.document import Document
from grace_workers.verification.check import Check


class DeadTuplesParams(Document):
    """`table` is `name` or `schema.name`."""

    table: Table


def probe(console: SqlConsole, params: DeadTuplesParams) -> float:
    """Return the count as the database's statistics know it."""
    return float(console.dead_tuples(params.table))


DEFINITION = Check(
    name="dead_tuples",
    summary="How many dead rows a table has, as the statistics know.",
    unit="rows",
    role=SqlConsole,
    params=DeadTuplesParams,
    probe=probe,
)
