"""Turns suggestions from outcomes into hypotheses, for each target that can have the cause and no reading refutes."""

from collections.abc import Iterator, Sequence

from grace_workers.diagnosis.diagnosis import EngineKind, Hypothesis, Suggestion
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.ground import Ground, ground, is_measured

_SHOWN = 5


def suggested(findings: Findings, kind: EngineKind) -> Iterator[Hypothesis]:
    """Yield the hypotheses from suggestions of one kind. A suggested cause that no longer exists is skipped."""
    for one in findings.suggestions:
        cause = findings.causes.get(one.cause)
        if one.engine is not kind or cause is None:
            continue
        for subject in findings.may_have(cause):
            bindings = cause.labelled(subject)
            if ground(cause.id, findings, subject, bindings) is not Ground.REFUTED:
                yield Hypothesis(
                    cause=cause.id,
                    subject=subject.name,
                    confidence=one.confidence,
                    engine=kind,
                    reasoning=one.reasoning,
                    evidence=one.evidence,
                    bindings=bindings,
                    measured=is_measured(cause.id, findings, subject, bindings),
                )


def refused_suggestions(findings: Findings) -> Sequence[str]:
    """Return why each suggestion led to no hypothesis, if none did."""
    return [f"{one.cause}: {one.reasoning}, but {_refusal(one, findings)}" for one in findings.suggestions]


def _refusal(one: Suggestion, findings: Findings) -> str:
    cause = findings.causes.get(one.cause)
    if cause is None:
        return "no file describes this cause any more"
    subjects = findings.may_have(cause)
    if not subjects:
        return f"neither {findings.incident.target} nor what it depends on can have it"
    more = f" and {len(subjects) - _SHOWN} more" if len(subjects) > _SHOWN else ""
    return f"readings refute it on {', '.join(subject.name for subject in subjects[:_SHOWN])}{more}"
