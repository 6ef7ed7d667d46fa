"""From what outcomes suggest to hypotheses: for each target that can have the cause, unless a reading refutes it."""

from collections.abc import Iterator

from grace_workers.diagnosis.diagnosis import EngineKind, Hypothesis
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.ground import Ground, ground, is_measured


def suggested(findings: Findings, kind: EngineKind) -> Iterator[Hypothesis]:
    """Yield the hypotheses of the suggestions of one kind. A cause that is known no longer gives none."""
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
