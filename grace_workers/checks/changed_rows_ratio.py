"""How much of a table has changed since its statistics were taken."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import SqlConsole, Table
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue

_FEW = 1000


class ChangedRowsParams(Document):
    """`table` is `name` or `schema.name`."""

    table: Table


def probe(console: SqlConsole, params: ChangedRowsParams) -> float:
    """Return the changed rows over the live ones. A table of less than a thousand rows counts as one of a thousand."""
    return console.changed_tuples(params.table) / max(console.live_tuples(params.table), _FEW)


def _tables(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each table that the label `tables` names, separated by commas."""
    return [{"table": table} for table in listed(labels, "tables")]


DEFINITION = Check(
    name="changed_rows_ratio",
    summary="Rows of a table that changed since it was last analyzed, over its rows.",
    unit="",
    role=SqlConsole,
    params=ChangedRowsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_tables,
    tolerates=below("changed_rows_ratio", 0.5),
)
