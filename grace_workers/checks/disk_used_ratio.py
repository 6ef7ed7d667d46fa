"""How full a file tree is."""

from grace_workers.actions import FileTree
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document
from grace_workers.signals import Factor


class DiskUsedParams(Document):
    """No params."""


def probe(tree: FileTree, params: DiskUsedParams) -> float:
    """Return used over allowed."""
    del params
    return tree.usage().ratio


DEFINITION = Check(
    name="disk_used_ratio",
    summary="Bytes used over bytes allowed in a file tree.",
    unit="",
    role=FileTree,
    params=DiskUsedParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("disk_used_ratio", 0.9),
    exhausted_at=1.0,
    factor=Factor.DISK,
)
