"""How many bytes an index needs for each row of its table."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import StringConstraints

from grace_workers.actions import SqlConsole, Table
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue

Index = Annotated[str, StringConstraints(min_length=1, max_length=127)]
_FEW = 1000


class IndexBytesParams(Document):
    """`index` and its `table` are `name` or `schema.name`."""

    index: Index
    table: Table


def probe(console: SqlConsole, params: IndexBytesParams) -> float:
    """Return the bytes for each live row. A table of less than a thousand rows counts as one of a thousand."""
    return console.index_bytes(params.index) / max(console.live_tuples(params.table), _FEW)


def _indexes(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each `<index> on <table>` of the label `indexes`, separated by commas."""
    pairs = [entry.split(" on ") for entry in listed(labels, "indexes")]
    return [{"index": pair[0].strip(), "table": pair[1].strip()} for pair in pairs if len(pair) == 2]  # noqa: PLR2004


DEFINITION = Check(
    name="index_bytes_per_row",
    summary="Bytes of an index for each row of its table; far more than its key needs once it is bloated.",
    unit="bytes",
    role=SqlConsole,
    params=IndexBytesParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_indexes,
    tolerates=below("index_bytes_per_row", 500),
)
