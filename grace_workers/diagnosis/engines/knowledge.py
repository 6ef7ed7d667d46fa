"""Exact knowledge first: what outcomes taught of this signature; then symptoms that shipped entries describe."""

from collections.abc import Iterator, Sequence

from grace_workers.diagnosis.diagnosis import EngineKind, Hypothesis, Strength, Subject
from grace_workers.diagnosis.engine import Engine
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.knowledge import KnowledgeEntry
from grace_workers.diagnosis.measure import Ground, ground, is_measured


def propose(findings: Findings) -> Sequence[Hypothesis]:
    """Return learned causes, surest first, then shipped ones; none that a reading of now refutes."""
    return [*_learned(findings), *_shipped(findings)]


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


def _shipped(findings: Findings) -> Iterator[Hypothesis]:
    for entry in findings.knowledge.shipped():
        seen = _seen(entry, findings)
        if seen is None:
            continue
        for subject in _subjects(entry, findings):
            if ground(entry.cause, findings, subject) is not Ground.REFUTED:
                yield _of_symptom(entry, subject, seen, findings)


def _of_symptom(entry: KnowledgeEntry, subject: Subject, seen: str, findings: Findings) -> Hypothesis:
    return Hypothesis(
        cause=entry.cause,
        subject=subject.name,
        confidence=findings.knowledge.confidence(findings.incident.signature, entry.cause),
        engine=EngineKind.KNOWLEDGE,
        reasoning=f"{seen}, which stands for {entry.cause}: {entry.summary}",
        evidence=(f"knowledge:{entry.id}",),
        bindings=entry.bindings,
        strength=Strength.SYMPTOM,
        measured=is_measured(entry.cause, findings, subject),
    )


def _seen(entry: KnowledgeEntry, findings: Findings) -> str | None:
    if entry.symptom is None:
        return None
    return next((seen for signal in findings.signals if (seen := entry.symptom.seen_in(signal))), None)


def _subjects(entry: KnowledgeEntry, findings: Findings) -> Sequence[Subject]:
    """Return the complaining target, or the nearest targets of the kinds that can have the cause."""
    near = findings.around
    return [one for one in near if one.kind in entry.subject_kinds] if entry.subject_kinds else near[:1]


DEFINITION = Engine(
    name="knowledge",
    kind=EngineKind.KNOWLEDGE,
    summary="Signatures whose outcomes are on record, then symptoms that shipped entries describe",
    propose=propose,
)
