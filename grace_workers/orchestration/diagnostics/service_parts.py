"""The parts of a service, those that are not healthy first."""

from collections.abc import Sequence

from grace_workers.actions import ServiceParts
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return how many parts are healthy, and some of them; one that is not healthy is notable."""
    found = scene.role(ServiceParts).parts()
    healthy = sum(one.healthy for one in found)
    count = DiagnosticFact(
        name="healthy_parts", value=healthy, unit=f"of {len(found)}", notable=healthy < len(found) or not found
    )
    parts = [
        DiagnosticFact(
            name="part",
            value="healthy" if one.healthy else "not healthy",
            about=one.name,
            note=f"start {one.incarnation}" if one.incarnation else "",
            notable=not one.healthy,
        )
        for one in sorted(found, key=lambda one: (one.healthy, one.name))[:MOST]
    ]
    return [count, *parts]


DEFINITION = Diagnostic(
    name="service_parts",
    summary="The parts of a service, those that are not healthy first.",
    look=look,
    role=ServiceParts,
)
