"""`wellness`: what the readings around a complaining target say, where no cause fits."""

from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.diagnosis.cause import HIGH_LATENCY
from grace_workers.diagnosis.diagnosis import Subject
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.measure import MEASURES, Measure, Says

_FINE, _FAILING_STATUS = 200, 500
_ILL: Sequence[Measure] = [one for one in MEASURES if one.says is Says.PROPOSES or one.cause == HIGH_LATENCY]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wellness:
    """Readings in words, by what they say.

    `ill` show that something is wrong. `errors` are error lines of the last seconds, which may be from before a cure.
    `well` are readings of the complaining target itself that show nothing wrong.
    """

    ill: tuple[str, ...]
    errors: tuple[str, ...]
    well: tuple[str, ...]


def wellness(findings: Findings) -> Wellness:
    """Return what the readings of the complaining target and its dependencies say."""
    ill: list[str] = []
    errors: list[str] = []
    well: list[str] = []
    for subject in findings.around:
        for one in findings.evidence:
            if one.subject != subject.name or not isinstance(one.value, int | float):
                continue
            words = f"{one.kind} of {one.subject} is {one.value:g}"
            if one.kind == "error_count":
                errors += [words] if one.value else []
            elif _is_ill(one.kind, float(one.value), subject):
                ill.append(words)
            elif subject.name == findings.incident.target:
                well.append(words)
    return Wellness(ill=tuple(ill), errors=tuple(errors), well=tuple(well))


def _is_ill(kind: str, value: float, subject: Subject) -> bool:
    if kind == "http_status":
        # The path that a label names answers 200 when the service is well; any other path may well be missing.
        return value != _FINE if "health_path" in subject.labels else value == 0 or value >= _FAILING_STATUS
    return any(measure.holds(value, subject) for measure in _ILL if measure.kind == kind)
