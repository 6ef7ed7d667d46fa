"""How many instances of a service there should be, how many are ready, and whether more may be asked for."""

from collections.abc import Sequence

from grace_workers.actions import Scalable
from grace_workers.orchestration.diagnostics.diagnostic import Diagnostic, DiagnosticFact, DiagnosticScene


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return both numbers; notable are missing instances, and a number that cannot grow within the bounds."""
    found = scene.role(Scalable).scale()
    bounds = f"Grace may ask for {found.lowest} to {found.highest}"
    full = found.wanted >= found.highest
    return [
        DiagnosticFact(name="instances_wanted", value=found.wanted, unit="instances", note=bounds, notable=full),
        DiagnosticFact(name="instances_ready", value=found.ready, unit="instances", notable=found.ready < found.wanted),
    ]


DEFINITION = Diagnostic(
    name="scale", summary="How many instances there should be, and how many are ready.", look=look, role=Scalable
)
