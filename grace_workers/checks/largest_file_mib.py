"""How large the largest of some files is."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import FileTree, Name
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue


class LargestFileParams(Document):
    """`pattern` is a glob below the tree's root."""

    pattern: Name


def probe(tree: FileTree, params: LargestFileParams) -> float:
    """Return the size of the largest, 0 where none matches."""
    return max((one.size / (1 << 20) for one in tree.find([params.pattern])), default=0.0)


def _patterns(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each pattern of the label `logs`, separated by commas."""
    return [{"pattern": pattern} for pattern in listed(labels, "logs")]


DEFINITION = Check(
    name="largest_file_mib",
    summary="Size of the largest file that matches a pattern.",
    unit="MiB",
    role=FileTree,
    params=LargestFileParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_patterns,
    tolerates=below("largest_file_mib", 1024),
)
