"""The limits of a service that may be changed, with their bounds."""

from collections.abc import Sequence

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return each limit in force; one outside its declared bounds is notable."""
    return [_fact(one) for one in scene.role(ServiceLimits).limits()[:MOST]]


def _fact(limit: Limit) -> DiagnosticFact:
    outside = limit.value is not None and not limit.lowest <= limit.value <= limit.highest
    return DiagnosticFact(
        name="limit",
        value=limit.value,
        unit=limit.unit,
        about=limit.name,
        note=f"may be {limit.lowest} to {limit.highest}" + (", no limit now" if limit.value is None else ""),
        notable=outside,
    )


DEFINITION = Diagnostic(
    name="service_limits", summary="The limits that may be changed, and their bounds.", look=look, role=ServiceLimits
)
