"""A setting that was changed shortly before a problem of the kind that it governs."""

import re
from collections.abc import Iterator, Sequence

from grace_workers.diagnosis.cause_file import Cause
from grace_workers.diagnosis.diagnosis import CauseName, EngineKind, Hypothesis, Subject
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.ground import Ground, ground
from grace_workers.diagnosis.phrases import longest
from grace_workers.diagnosis.recognising import SignalWords, names_in
from grace_workers.diagnosis.rule import Rule

_CAUSE = CauseName("setting_changed")
_REPORTED = "deployments"
_MOST_SECONDS = 6 * 60 * 60
_LONGEST = 2_000
# A signal tells of a change in the past; that something is set to a value says nothing.
_CHANGE = re.compile(
    r"(?i)\b(?:updated|changed|altered|reconfigured|revoked?|detached|previous value"
    r"|(?:modif|revoke|update|put|delete|detach)[a-z]*(?:parameter|policy|group|rule|acl|config|setting)[a-z]*)"
)


def infer(findings: Findings, subject: Subject) -> Iterator[Hypothesis]:
    """Yield each problem of the subject that is recognised and whose setting was changed, with both named."""
    told = _changes(findings)
    if not told:
        return
    said = [SignalWords(signal) for signal in findings.signals]
    for cause in findings.causes:
        if not cause.settings or not cause.may_be_of(subject):
            continue
        named = ((setting, change) for change in told if (setting := longest(cause.settings, _searched(change))))
        found = next(named, None)
        if found and _is_there(cause, findings, subject, said):
            yield _of_change(cause, *found, findings, subject)


def _searched(change: str) -> str:
    """Return the text with the names in it as words, so that `RevokeSecurityGroupIngress` names a security group."""
    return "\n".join((change.casefold(), *names_in(change)))


def _changes(findings: Findings) -> Sequence[str]:
    """Return what was deployed near the incident in the last hours, and what signals tell of changes."""
    reported = [
        str(one.get("title", ""))[:_LONGEST]
        for evidence in findings.evidence
        if evidence.kind == _REPORTED and isinstance(evidence.value, list)
        for one in evidence.value
        if isinstance(one, dict) and 0 <= _seconds(one.get("seconds_before")) <= _MOST_SECONDS
    ]
    texts = (f"{one.summary}\n{one.text or ''}"[:_LONGEST] for one in findings.signals)
    return [*reported, *(text for text in texts if _CHANGE.search(text))]


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) else -1.0


def _is_there(cause: Cause, findings: Findings, subject: Subject, said: Sequence[SignalWords]) -> bool:
    shown = ground(cause.id, findings, subject)
    return shown is Ground.SHOWN or (shown is Ground.UNREAD and any(cause.seen_in(one) for one in said))


def _of_change(cause: Cause, setting: str, change: str, findings: Findings, subject: Subject) -> Hypothesis:
    return Hypothesis(
        cause=_CAUSE,
        subject=subject.name,
        confidence=findings.knowledge.confidence(findings.incident.signature, _CAUSE),
        engine=EngineKind.RULES,
        reasoning=f"{setting} was changed shortly before ({change.strip()[:200]}), and {cause.name} depends on it",
        evidence=(f"cause:{_CAUSE}", f"cause:{cause.name}"),
    )


DEFINITION = Rule(
    name="setting_changed",
    summary="A setting was changed shortly before a problem that depends on it",
    cause=_CAUSE,
    reads=(),
    infer=infer,
)
