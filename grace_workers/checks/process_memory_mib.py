"""How much memory the largest process of a name uses."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import Name, ProcessTable
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue


class ProcessMemoryParams(Document):
    """`name` is that of a program whose processes may be ended."""

    name: Name


def probe(table: ProcessTable, params: ProcessMemoryParams) -> float:
    """Return the memory of the largest, 0 where none runs."""
    return max((one.memory / (1 << 20) for one in table.find(params.name)), default=0.0)


def _names(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each program that the label `memory_limited` names, separated by commas."""
    return [{"name": name} for name in listed(labels, "memory_limited")]


DEFINITION = Check(
    name="process_memory_mib",
    summary="Resident memory of the largest process of a name.",
    unit="MiB",
    role=ProcessTable,
    params=ProcessMemoryParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_names,
    tolerates=below("process_memory_mib", 4096),
)
