"""`features_of`: describes a problem as words with amounts, so that it can be compared with others."""

from collections.abc import Iterator, Mapping
from itertools import islice
from math import isfinite

from grace_workers.checks import AnyCheck
from grace_workers.diagnosis import Findings, Subject
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.redaction import starred
from grace_workers.signals import MASK, fault_in, form

MOST = 64
_LONGEST = 160
_MOST_LINES = 200
_GREATEST = 1e12


def features_of(findings: Findings, checks: Catalog[AnyCheck]) -> Mapping[str, float]:
    """Return at most 64 features: the signature, names of signals, faults, readings, forms of error lines.

    A reading counts with its value: `own` for the reporting target, `near` for the targets around it, of which the
    greatest counts. A reading that its check does not tolerate adds one more feature. Target names are left out, so
    that what was learned on one target applies to the next.
    """
    found: dict[str, float] = {}
    for name, amount in _all(findings, checks):
        found[name] = (
            max(found.get(name, 0.0), amount) if name.startswith("reading ") else found.get(name, 0.0) + amount
        )
    return dict(islice(((name, amount) for name, amount in found.items() if amount > 0), MOST))


def _all(findings: Findings, checks: Catalog[AnyCheck]) -> Iterator[tuple[str, float]]:
    yield f"signature {findings.incident.signature}", 1.0
    yield from ((f"kind {subject.kind}", 1.0) for subject in findings.around[:1])
    for signal in findings.signals:
        yield f"signal {starred(signal.name)[:_LONGEST]}", 1.0
        fault = fault_in(starred(signal.text)) if signal.text else None
        if fault is not None:
            yield from ((f"fault {key}", 1.0) for key in (fault.keys.cause, fault.keys.family))
    for at, subject in enumerate(findings.around):
        yield from _readings(findings, checks, subject, "near" if at else "own")
    for line in findings.error_lines()[-_MOST_LINES:]:
        yield f"line {form(starred(line)).replace(MASK, '*')[:_LONGEST]}", 1.0


def _readings(
    findings: Findings, checks: Catalog[AnyCheck], subject: Subject, where: str
) -> Iterator[tuple[str, float]]:
    for one in findings.evidence:
        if one.subject != subject.name or one.kind not in checks or not isinstance(one.value, int | float):
            continue
        value, tolerates = float(one.value), checks[one.kind].tolerates
        if isfinite(value):
            yield f"reading {where} {one.kind}", min(value, _GREATEST)
            if tolerates is not None and not tolerates(value, subject.labels):
                yield f"beyond {where} {one.kind}", 1.0
