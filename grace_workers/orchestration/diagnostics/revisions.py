"""The newest revisions of a branch, and how many came after the last good one."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.actions import Revisions
from grace_workers.foundation.errors import NotFoundError
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene

_LATELY = timedelta(days=1)


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the revisions since the last good one, or the head alone where none is marked as good."""
    branch = scene.role(Revisions)
    try:
        newest = branch.since(branch.last_good().id)
        count = [DiagnosticFact(name="revisions_since_good", value=len(newest), notable=bool(newest))]
    except NotFoundError:
        newest, count = [branch.head()], []
    shown = [
        DiagnosticFact(
            name="revision",
            value=round((scene.now - one.at).total_seconds()),
            unit="s ago",
            about=one.id[:12],
            note=one.subject,
            notable=scene.now - one.at < _LATELY,
        )
        for one in newest[:MOST]
    ]
    return [*count, *shown]


DEFINITION = Diagnostic(name="revisions", summary="The newest revisions of a branch.", look=look, role=Revisions)
