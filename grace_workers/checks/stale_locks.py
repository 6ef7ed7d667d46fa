"""How many lock files are left of processes that have ended."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import FileTree, Name
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue


class StaleLocksParams(Document):
    """`pattern` is a glob below the tree's root."""

    pattern: Name


def probe(tree: FileTree, params: StaleLocksParams) -> float:
    """Return the count."""
    return float(len(tree.stale_locks([params.pattern])))


def _patterns(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each pattern of the label `locks`, separated by commas."""
    return [{"pattern": pattern} for pattern in listed(labels, "locks")]


DEFINITION = Check(
    name="stale_locks",
    summary="Lock files that begin with the pid of a process that has ended, and that no process has locked.",
    unit="locks",
    role=FileTree,
    params=StaleLocksParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_patterns,
    tolerates=below("stale_locks", 1),
)
