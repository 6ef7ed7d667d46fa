"""Which member of a service leads, and who could take over."""

from collections.abc import Sequence

from grace_workers.actions import Failover
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the primary and its standbys; a primary without a standby is notable."""
    found = scene.role(Failover).members()
    return [
        DiagnosticFact(name="primary", value=found.primary),
        DiagnosticFact(
            name="standbys",
            value=len(found.standbys),
            note=", ".join(found.standbys[:MOST]) or "nothing could take over",
            notable=not found.standbys,
        ),
    ]


DEFINITION = Diagnostic(
    name="standbys", summary="Which member leads, and who could take over.", look=look, role=Failover
)
