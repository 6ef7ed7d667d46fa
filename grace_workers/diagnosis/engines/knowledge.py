"""Knowledge: causes learned from outcomes of this signature, then causes recognised by their symptoms."""

from collections.abc import Iterator, Mapping, Sequence

from grace_workers.diagnosis.cause_file import Cause
from grace_workers.diagnosis.diagnosis import EngineKind, Hypothesis, Strength, Subject
from grace_workers.diagnosis.engine import Engine
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.ground import Ground, ground, is_measured
from grace_workers.foundation.document import JsonValue


def propose(findings: Findings) -> Sequence[Hypothesis]:
    """Return learned causes, surest first, then recognised ones; leave out those that a current reading refutes."""
    return [*_learned(findings), *_recognised(findings)]


def _learned(findings: Findings) -> Iterator[Hypothesis]:
    incident = findings.incident
    for entry in findings.knowledge.exact(incident.signature, incident.target):
        subject = findings.subjects.get(entry.subject) if entry.subject is not None else None
        if subject is None or ground(entry.cause, findings, subject, entry.bindings) is Ground.REFUTED:
            continue
        yield Hypothesis(
            cause=entry.cause,
            subject=subject.name,
            confidence=entry.confidence,
            engine=EngineKind.KNOWLEDGE,
            reasoning=(
                f"{incident.signature} on {incident.target} was {entry.cause} of {subject.name} before: "
                f"{entry.verified} verified, {entry.unverified} not"
            ),
            evidence=(f"knowledge:{entry.id}",),
            bindings=entry.bindings,
            strength=Strength.EXACT,
            measured=is_measured(entry.cause, findings, subject, entry.bindings),
        )


def _recognised(findings: Findings) -> Iterator[Hypothesis]:
    for cause, seen in findings.causes.seen_in(findings.signals):
        for subject in findings.may_have(cause):
            bindings = cause.labelled(subject)
            if ground(cause.id, findings, subject, bindings) is not Ground.REFUTED:
                yield _of_symptom(cause, subject, seen.says, findings, bindings)


def _of_symptom(
    cause: Cause, subject: Subject, seen: str, findings: Findings, bindings: Mapping[str, JsonValue]
) -> Hypothesis:
    return Hypothesis(
        cause=cause.id,
        subject=subject.name,
        confidence=findings.knowledge.confidence(findings.incident.signature, cause.id),
        engine=EngineKind.KNOWLEDGE,
        reasoning=f"{seen}, a symptom of {cause.name}: {cause.summary}",
        evidence=(f"cause:{cause.name}",),
        bindings=bindings,
        strength=Strength.SYMPTOM,
        measured=is_measured(cause.id, findings, subject, bindings),
    )


DEFINITION = Engine(
    name="knowledge",
    kind=EngineKind.KNOWLEDGE,
    summary="Signatures with recorded outcomes, then symptoms by which causes are recognised",
    propose=propose,
)
