"""How many ended children a process of a name has not collected."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import Name, ProcessTable
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue


class UncollectedParams(Document):
    """`name` is that of a program whose processes may be ended."""

    name: Name


def probe(table: ProcessTable, params: UncollectedParams) -> float:
    """Return the count of the one that has most, 0 where none runs."""
    return max((float(one.zombies) for one in table.find(params.name)), default=0.0)


def _names(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each program that the label `collects_children` names, separated by commas."""
    return [{"name": name} for name in listed(labels, "collects_children")]


DEFINITION = Check(
    name="uncollected_children",
    summary="Ended children that a process of a name has not collected; each takes a place in the process table.",
    unit="children",
    role=ProcessTable,
    params=UncollectedParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_names,
    tolerates=below("uncollected_children", 100),
)
