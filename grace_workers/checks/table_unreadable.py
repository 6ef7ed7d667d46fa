"""Whether a database can no longer read a table that it has stored."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import StoredTables, Table
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue


class TableUnreadableParams(Document):
    """`table` is `name` or `schema.name`."""

    table: Table


def probe(database: StoredTables, params: TableUnreadableParams) -> float:
    """Return 1 when a row of it cannot be read, else 0. Everything of the table is read."""
    return 0.0 if database.readable(params.table) else 1.0


def _checked(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each table that the label `checked_tables` names, separated by commas."""
    return [{"table": table} for table in listed(labels, "checked_tables")]


DEFINITION = Check(
    name="table_unreadable",
    summary="1 when a row of a table cannot be read because what is stored is damaged, else 0.",
    unit="",
    role=StoredTables,
    params=TableUnreadableParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_checked,
    tolerates=below("table_unreadable", 1),
)
