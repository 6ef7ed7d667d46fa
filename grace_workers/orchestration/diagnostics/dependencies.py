"""Whether what the target depends on is well."""

from collections.abc import Sequence

from grace_workers.diagnosis import Subject, neighbourhood, readings_of
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene
from grace_workers.orchestration.line.readings import read_evidence


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return for each dependency how many of its readings are wrong, and which."""
    near = neighbourhood(scene.target.name, scene.line.subjects)
    return [_health(scene, one) for one in near[1 : MOST + 1]]


def _health(scene: DiagnosticScene, subject: Subject) -> DiagnosticFact:
    checks = scene.line.checks
    seen = read_evidence(scene.line, [one for one in readings_of(subject, checks) if checks[one.kind].unit is not None])
    unread = {one.request.kind: f"{one.request.kind} could not be read: {one.why}" for one in seen.failed}
    # A count that nothing judges, such as of commits since a good one, may have nothing to count from.
    wrong = [why for name, why in unread.items() if checks[name].tolerates is not None]
    for one in seen.evidence:
        check, value = checks[one.kind], one.value
        normal = check.tolerates is None or (isinstance(value, int | float) and check.tolerates(value, subject.labels))
        if isinstance(value, int | float) and not normal:
            wrong.append(f"{one.kind} is {value:g} {check.unit}".rstrip())
    count = len(seen.evidence)
    normal_words = f"all {count} readings are normal" if count else "nothing can be read of it"
    note = "; ".join([*(wrong or [normal_words]), *(why for why in unread.values() if why not in wrong)])
    return DiagnosticFact(
        name="readings_wrong", value=len(wrong), about=str(subject.name), note=note, notable=bool(wrong)
    )


DEFINITION = Diagnostic(name="dependencies", summary="The health of each target that this one depends on.", look=look)
