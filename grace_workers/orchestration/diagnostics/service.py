"""Whether a service runs, for how long, and what its technology says about it."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.actions import Restartable
from grace_workers.orchestration.diagnostics.diagnostic import Diagnostic, DiagnosticFact, DiagnosticScene

_LATELY = timedelta(minutes=10)


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the state; notable is a service that does not run, and one that began to serve lately."""
    found = scene.role(Restartable).status()
    state = DiagnosticFact(
        name="service", value="running" if found.running else "stopped", note=found.detail, notable=not found.running
    )
    if not found.running or found.serving is None:
        return [state]
    seconds = round(found.serving.total_seconds())
    return [state, DiagnosticFact(name="serving", value=seconds, unit="s", notable=found.serving < _LATELY)]


DEFINITION = Diagnostic(
    name="service",
    summary="Whether a service runs, for how long, and what is said about it.",
    look=look,
    role=Restartable,
)
