"""What was written to a directory tree lately, and which files it was."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.actions import FileTree
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene

_LATELY = timedelta(hours=1)
_EVERYTHING = ("**",)


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return how full the tree is, and the largest files that were written within the hour."""
    tree = scene.role(FileTree)
    usage = tree.usage()
    # Found oldest first.
    new = [one for one in tree.find(_EVERYTHING) if one.modified_at > scene.now - _LATELY]
    largest = sorted(new, key=lambda one: (-one.size, one.path))[:MOST]
    return [
        DiagnosticFact(name="used", value=usage.used, unit="bytes", note=f"of {usage.quota}, {usage.ratio:.1%}"),
        DiagnosticFact(
            name="written", value=sum(one.size for one in new), unit="bytes in 1 h", note=f"files: {len(new)}"
        ),
        *(DiagnosticFact(name="file_written", value=one.size, unit="bytes", about=one.path) for one in largest),
    ]


DEFINITION = Diagnostic(
    name="disk_growth",
    summary="How full a tree is, and what was written to it within the hour.",
    look=look,
    role=FileTree,
)
