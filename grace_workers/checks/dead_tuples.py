"""How many dead rows a table has."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import SqlConsole, Table
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue


class DeadTuplesParams(Document):
    """`table` is `name` or `schema.name`."""

    table: Table


def probe(console: SqlConsole, params: DeadTuplesParams) -> float:
    """Return the count as the database's statistics know it."""
    return float(console.dead_tuples(params.table))


def _tables(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each table that the label `tables` names, separated by commas."""
    return [{"table": table} for table in listed(labels, "tables")]


DEFINITION = Check(
    name="dead_tuples",
    summary="How many dead rows a table has, by the database's statistics.",
    unit="rows",
    role=SqlConsole,
    params=DeadTuplesParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_tables,
    tolerates=below("dead_tuples", 10_000),
)
