"""Which revisions of a service get its traffic, and when they were deployed."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.actions import RevisionTraffic
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene

_LATELY = timedelta(days=1)


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the shares and the newest revisions; one that is not ready, or a day old at most, is notable."""
    role = scene.role(RevisionTraffic)
    shares = [
        DiagnosticFact(name="traffic", value=one.percent, unit="%", about=one.revision or "the newest revision")
        for one in role.traffic()[:MOST]
    ]
    revisions = [
        DiagnosticFact(
            name="revision_deployed",
            value=round((scene.now - one.at).total_seconds()),
            unit="s ago",
            about=one.name,
            note="" if one.ready else "not ready",
            notable=not one.ready or scene.now - one.at < _LATELY,
        )
        for one in role.revisions()[:MOST]
    ]
    return [*shares, *revisions]


DEFINITION = Diagnostic(
    name="revision_traffic",
    summary="Which revisions get the traffic, and when they were deployed.",
    look=look,
    role=RevisionTraffic,
)
