"""How fast each resource of the target is used up, by the readings that the fleet keeps."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from grace_workers.orchestration.diagnostics.diagnostic import Diagnostic, DiagnosticFact, DiagnosticScene
from grace_workers.signals import courses_of, forecast

MEMORY = "foresight"
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the rise of each resource in an hour and a day, and when it will be used up at this rate."""
    with scene.line.ledger.transaction() as tx:
        courses = courses_of(tx.cycle_states.read(MEMORY), scene.target.name)
    return [_fact(scene, check, points) for check, points in sorted(courses.items()) if points]


def _fact(scene: DiagnosticScene, check: str, points: Sequence[tuple[datetime, float]]) -> DiagnosticFact:
    at, value = points[-1]
    rises = [
        f"{value - before:+.4g} in {words}"
        for span, words in ((_HOUR, "1 h"), (_DAY, "24 h"))
        if (before := _before(points, at - span)) is not None
    ]
    definition = scene.line.checks.by_name.get(check)
    full = None if definition is None else definition.exhausted_at
    found = None if full is None else forecast(points, full)
    soon = found is not None and found.full_at - at < _DAY
    ends = [f"used up at {found.full_at:%Y-%m-%d %H:%M} UTC at this rate"] if found is not None and soon else []
    unit = "" if definition is None else definition.unit or ""
    return DiagnosticFact(name=check, value=value, unit=unit, note="; ".join([*rises, *ends]), notable=soon)


def _before(points: Sequence[tuple[datetime, float]], moment: datetime) -> float | None:
    """Return the last value at that moment, None if the readings do not reach so far back."""
    return next((value for at, value in reversed(points) if at <= moment), None)


DEFINITION = Diagnostic(
    name="resource_growth", summary="The course of each resource: its rise, and when it is used up.", look=look
)
