"""Sessions that wait for locks, and who holds what they wait for."""

from collections.abc import Sequence

from grace_workers.actions import DatabaseActivity
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the waits, longest first."""
    waits = scene.role(DatabaseActivity).waiting(MOST)
    if not waits:
        return [DiagnosticFact(name="waiting_sessions", value=0)]
    return [
        DiagnosticFact(
            name="waits_for_lock",
            value=round(one.age.total_seconds(), 3),
            unit="s",
            about=one.statement,
            note=f"wants {one.wanted}, held by {'; '.join(one.held_by) or 'a session that has ended'}",
            notable=True,
        )
        for one in waits
    ]


DEFINITION = Diagnostic(
    name="locks", summary="Sessions that wait for locks, and who holds them.", look=look, role=DatabaseActivity
)
