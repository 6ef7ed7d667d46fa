"""Every reading of the target itself: certificate, name, connections, memory, queues, whatever its kind has."""

from collections.abc import Sequence

from grace_workers.diagnosis import Subject, readings_of
from grace_workers.orchestration.diagnostics.diagnostic import Diagnostic, DiagnosticFact, DiagnosticScene
from grace_workers.orchestration.line.readings import read_evidence


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return each number with its unit, and each reading that failed."""
    line, subject = scene.line, Subject.of(scene.target)
    wanted = [one for one in readings_of(subject, line.checks) if line.checks[one.kind].unit is not None]
    seen = read_evidence(line, wanted)
    read = [_fact(scene, one.kind, one.value, str(one.params or "")) for one in seen.evidence]
    failed = [
        DiagnosticFact(name=one.request.kind, value=None, note=f"could not be read: {one.why}", notable=True)
        for one in seen.failed
    ]
    return [*sorted(read, key=lambda one: not one.notable), *failed]


def _fact(scene: DiagnosticScene, kind: str, value: object, about: str) -> DiagnosticFact:
    check, number = scene.line.checks[kind], float(value) if isinstance(value, int | float) else None
    fine = number is not None and (check.tolerates is None or check.tolerates(number, scene.target.labels))
    note = "" if fine else "outside what is normal"
    return DiagnosticFact(name=kind, value=number, unit=check.unit or "", about=about, note=note, notable=not fine)


DEFINITION = Diagnostic(name="readings", summary="Every reading of the target, unusual ones first.", look=look)
