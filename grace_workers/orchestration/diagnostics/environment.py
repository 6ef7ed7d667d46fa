"""Which environment a target is in, as it tells itself."""

from collections.abc import Sequence

from grace_workers.actions import EnvironmentProof
from grace_workers.orchestration.diagnostics.diagnostic import Diagnostic, DiagnosticFact, DiagnosticScene


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the identity; one that the target's declaration does not pin is notable."""
    found, pinned = scene.role(EnvironmentProof).environment(), scene.target.environment
    is_other = pinned is not None and found != pinned
    note = f"the declaration pins {pinned}" if is_other else "" if pinned else "not pinned"
    return [DiagnosticFact(name="environment", value=found, note=note, notable=is_other)]


DEFINITION = Diagnostic(
    name="environment", summary="Which environment the target is in.", look=look, role=EnvironmentProof
)
