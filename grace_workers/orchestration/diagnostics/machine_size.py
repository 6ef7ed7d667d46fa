"""The size of a service's machine, and whether a larger one is declared."""

from collections.abc import Sequence

from grace_workers.actions import Resizable
from grace_workers.orchestration.diagnostics.diagnostic import Diagnostic, DiagnosticFact, DiagnosticScene


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the size; one that the target does not declare is notable."""
    found = scene.role(Resizable).size()
    allowed = f"declared: {', '.join(found.allowed)}"
    return [DiagnosticFact(name="size", value=found.name, note=allowed, notable=found.name not in found.allowed)]


DEFINITION = Diagnostic(
    name="machine_size", summary="The size of the machine, and which sizes are declared.", look=look, role=Resizable
)
