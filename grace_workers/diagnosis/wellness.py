"""`wellness`: what the readings around a reporting target say if no cause fits."""

from dataclasses import dataclass

from grace_workers.checks import AnyCheck
from grace_workers.diagnosis.diagnosis import Subject
from grace_workers.diagnosis.findings import Findings
from grace_workers.foundation.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Wellness:
    """Readings in words, by what they say.

    `ill` show that something is wrong. `errors` show it too, but linger, so they may be from before a cure. `well`
    are readings of the reporting target itself that are normal.
    """

    ill: tuple[str, ...]
    errors: tuple[str, ...]
    well: tuple[str, ...]


def wellness(findings: Findings, checks: Catalog[AnyCheck]) -> Wellness:
    """Return what the readings of the reporting target and its dependencies say."""
    ill: list[str] = []
    errors: list[str] = []
    well: list[str] = []
    for subject in findings.around:
        for one in findings.evidence:
            if one.subject != subject.name or not isinstance(one.value, int | float):
                continue
            check, words = checks[one.kind], f"{one.kind} of {one.subject} is {one.value:g}"
            if not _tolerable(check, float(one.value), subject):
                (errors if check.lingers else ill).append(words)
            elif subject.name == findings.incident.target and not check.lingers:
                well.append(words)
    return Wellness(ill=tuple(ill), errors=tuple(errors), well=tuple(well))


def _tolerable(check: AnyCheck, value: float, subject: Subject) -> bool:
    return check.tolerates is None or check.tolerates(value, subject.labels)
