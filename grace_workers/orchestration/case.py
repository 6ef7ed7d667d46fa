"""`IncidentCase`: one incident's world as a file, so that it can be replayed where nothing of it exists.

A file may come from anywhere, so it is read as a `Document`: unknown keys are refused and every part is bounded. It has
no connection of a target, and what was starred when it was stored stays starred.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import structlog
from pydantic import AwareDatetime, Field, JsonValue, StringConstraints, model_validator

from grace_workers.actions import Ownership, Target
from grace_workers.diagnosis import CauseName, Evidence, KnowledgeEntry, Origin, neighbourhood
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import IncidentId, TargetKind, TargetName
from grace_workers.learning import TrackRecord
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.line.experience import knowledge_of, tracks_of
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.signals import Incident, Severity, Signal, SignalStatus, Signature

log = structlog.get_logger()

LARGEST = 8 << 20
_MOST_SIGNALS, _MOST_EVIDENCE, _MOST_TARGETS = 50, 200, 64
_DEEPEST = 35  # A signal may be 32 deep.
_ROOM = 1 << 20  # A page of cases must fit into memory.
_Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_Line = Annotated[str, StringConstraints(max_length=2_000)]
_Text = Annotated[str, StringConstraints(max_length=70_000)]
_Labels = Annotated[dict[_Line, _Text], Field(max_length=200)]
# Time is reckoned from it, to both sides.
_Moment = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC))]
_Count = Annotated[int, Field(ge=0, le=1_000_000_000)]


class CaseTarget(Document):
    """A target as diagnosis knows it."""

    name: _Name
    kind: _Name
    owner: Ownership
    labels: _Labels = Field(default_factory=dict)
    depends_on: tuple[_Name, ...] = Field(default=(), max_length=200)
    roles: tuple[_Name, ...] | None = Field(default=None, max_length=200)

    def target(self) -> Target:
        """Return the target, without a connection."""
        return Target(
            name=TargetName(self.name),
            kind=TargetKind(self.kind),
            owner=self.owner,
            labels=self.labels,
            depends_on=tuple(map(TargetName, self.depends_on)),
            roles=None if self.roles is None else frozenset(self.roles),
        )


class CaseSignal(Document):
    """One signal of the incident."""

    source: _Name
    name: _Text
    target: _Name | None
    severity: Severity
    status: SignalStatus
    summary: _Text
    text: _Text | None
    labels: _Labels
    attributes: dict[str, JsonValue]
    signature: _Name
    observed_at: _Moment

    def signal(self, number: int) -> Signal:
        """Return the signal."""
        said = {name: getattr(self, name) for name in type(self).model_fields}
        return Signal(
            **{**said, "target": self.target and TargetName(self.target), "signature": Signature(self.signature)},
            delivery_key=f"case:{number}",
        )


class CaseEvidence(Document):
    """One reading that was taken for the diagnosis."""

    kind: _Name
    subject: _Name
    value: JsonValue
    observed_at: _Moment
    source: _Name
    params: dict[_Name, JsonValue] = Field(max_length=50)

    def evidence(self) -> Evidence:
        """Return the evidence."""
        said = {name: getattr(self, name) for name in type(self).model_fields}
        return Evidence(**{**said, "subject": TargetName(self.subject)})


class CaseKnowledge(Document):
    """What was known about the signature."""

    cause: _Name
    summary: _Line
    target: _Name | None
    subject: _Name | None
    bindings: dict[_Name, JsonValue] = Field(max_length=50)
    playbook: _Name | None
    verified: _Count
    unverified: _Count


class CaseRecord(Document):
    """How a playbook had done for the signature."""

    playbook: _Name
    verified: _Count
    ineffective: _Count
    failed: _Count
    inconclusive: _Count
    streak: _Count


class CaseCourse(Document):
    """What happened: the first cause, the playbook, how far permission went, and how it ended. None: it did not."""

    cause: _Name | None = None
    subject: _Name | None = None
    playbook: _Name | None = None
    decision: Literal["granted", "asked", "refused"] | None = None
    gate: _Name | None = None
    closing: _Name | None = None
    reasons: tuple[_Text, ...] = Field(default=(), max_length=100)


class IncidentCase(Document):
    """An incident's world, and what happened then. `case` is the version of this form."""

    case: Literal[1] = 1
    incident: UUID
    title: _Text
    target: _Name | None
    signature: _Name
    severity: Severity
    opened_at: _Moment
    environment: _Name | None = None
    targets: tuple[CaseTarget, ...] = Field(max_length=_MOST_TARGETS)
    signals: tuple[CaseSignal, ...] = Field(min_length=1, max_length=_MOST_SIGNALS)
    evidence: tuple[CaseEvidence, ...] = Field(max_length=_MOST_EVIDENCE)
    knowledge: tuple[CaseKnowledge, ...] = Field(default=(), max_length=200)
    records: tuple[CaseRecord, ...] = Field(default=(), max_length=200)
    happened: CaseCourse = CaseCourse()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        names = [one.name for one in self.targets]
        if len(set(names)) < len(names):
            raise ValueError("targets: a name occurs twice; keep one of each")
        loose = [*(one.value for one in self.evidence), *(one.attributes for one in self.signals)]
        if _depth(loose) > _DEEPEST:
            raise ValueError(f"evidence or signals: a value is nested deeper than {_DEEPEST}")
        return self

    def incident_then(self) -> Incident:
        """Return the incident as it was when it was opened."""
        return Incident(
            id=IncidentId(self.incident),
            target=self.target and TargetName(self.target),  # type: ignore[arg-type]
            signature=Signature(self.signature),
            severity=self.severity,
            title=self.title,
            signals=len(self.signals),
            opened_at=self.opened_at,
            last_signal_at=max(one.observed_at for one in self.signals),
            updated_at=self.opened_at,
        )

    def targets_then(self) -> Mapping[TargetName, Target]:
        """Return the targets by name."""
        return {TargetName(one.name): one.target() for one in self.targets}

    def known_then(self) -> tuple[KnowledgeEntry, ...]:
        """Return what was known about the signature."""
        return tuple(
            KnowledgeEntry(
                id=f"case:{number}",
                origin=Origin.LEARNED,
                signature=Signature(self.signature),
                **{
                    **{name: getattr(one, name) for name in type(one).model_fields},
                    "cause": CauseName(one.cause),
                    "target": one.target and TargetName(one.target),
                    "subject": one.subject and TargetName(one.subject),
                },
            )
            for number, one in enumerate(self.knowledge)
        )

    def records_then(self) -> Sequence[TrackRecord]:
        """Return how playbooks had done for the signature."""
        return [
            TrackRecord(signature=self.signature, **{name: getattr(one, name) for name in type(one).model_fields})
            for one in self.records
        ]


def case_of(line: Line, tx: LineTransaction, dossier: Dossier) -> IncidentCase:
    """Return the case of an incident. Knowledge and records are those of now, because earlier ones are not kept.

    Raises:
        InputError: something of it is larger than a case can hold.
    """
    incident = dossier.incident
    signals = [one for one, _ in tx.signals.find(incident=incident.id, limit=_MOST_SIGNALS)] or [dossier.signal]
    near = [line.targets[one.name] for one in neighbourhood(incident.target, line.subjects) if one.name in line.targets]
    evidence = () if dossier.diagnosis is None else dossier.diagnosis.evidence[:_MOST_EVIDENCE]
    said = {
        "incident": incident.id,
        "title": incident.title,
        "target": incident.target,
        "signature": incident.signature,
        "severity": incident.severity,
        "opened_at": incident.opened_at,
        "environment": line.environment,
        "targets": tuple(map(_target, near)),
        "signals": tuple(_fitting([_fields(CaseSignal, one) for one in signals]))[::-1],
        "evidence": tuple(_fitting([_fields(CaseEvidence, one) for one in evidence])),
        "knowledge": tuple(_fields(CaseKnowledge, one) for one in knowledge_of(tx, incident.signature)),
        "records": tuple(_fields(CaseRecord, one) for one in tracks_of(tx, incident.signature)),
        "happened": course_of(dossier, tx),
    }
    return IncidentCase.read(said, f"the case of incident {incident.id}")


def course_of(dossier: Dossier, tx: LineTransaction) -> CaseCourse:
    """Return what happened to an incident."""
    hypotheses = () if dossier.diagnosis is None else dossier.diagnosis.hypotheses
    told = tx.incidents.timeline(dossier.incident.id)
    gates = [str(one.data["gate"]) for one in told if "gate" in one.data]
    states = {one.state for one in told}
    decisions = (("granted", "granted"), ("refused", "refused"), ("awaiting_approval", "asked"))
    decision = next((word for state, word in decisions if state in states), None)
    return CaseCourse(
        cause=hypotheses[0].cause if hypotheses else None,
        subject=hypotheses[0].subject if hypotheses else None,
        playbook=None if dossier.plan is None else dossier.plan.playbook,
        decision=decision,
        gate=gates[-1] if gates and decision == "refused" else None,
        closing=None if dossier.closing is None else dossier.closing.value,
        reasons=dossier.reasons[:100],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Cases, newest first; `next` is the incident before which the next page begins, None at the end."""

    cases: Sequence[IncidentCase]
    next: IncidentId | None


def cases_since(line: Line, since: datetime, *, before: IncidentId | None = None, limit: int) -> CasePage:
    """Return the cases of the newest incidents that signals, not people, opened since a time."""
    with line.ledger.transaction() as tx:
        found = tx.incidents.find(before=before, limit=limit)
        recent = [one for one in found if one.incident.opened_at >= since]
        made = [_case_or_none(line, tx, one) for one in recent if one.request is None]
        cases = [one for one in made if one is not None]
    more = len(recent) == len(found) == limit
    return CasePage(cases=cases, next=found[-1].incident.id if more else None)


def _case_or_none(line: Line, tx: LineTransaction, dossier: Dossier) -> IncidentCase | None:
    try:
        return case_of(line, tx, dossier)
    except InputError as error:
        # One incident must not hide all others of its page.
        log.warning("case_left_out", incident=str(dossier.incident.id), error=str(error))
        return None


def case_of_incident(line: Line, incident: IncidentId) -> IncidentCase:
    """Return the case of one incident.

    Raises:
        NotFoundError: there is no such incident.
        InputError: a person requested it, so nothing was recognised; or something is larger than a case can hold.
    """
    with line.ledger.transaction() as tx:
        dossier = tx.incidents.load(incident)
        if dossier.request is not None:
            raise InputError(f"incident {incident} was requested by {dossier.request.by}; only those of signals replay")
        return case_of(line, tx, dossier)


def read_case(content: bytes, what: str) -> IncidentCase:
    """Return the case in a file's content. Raises InputError, naming `what`."""
    if len(content) > LARGEST:
        raise InputError(f"{what}: larger than {LARGEST >> 20} MiB; export the case again")
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{what}: not JSON; export the case with `grace case export`") from error
    return IncidentCase.read(raw, what)


def _target(target: Target) -> CaseTarget:
    return CaseTarget(
        name=target.name,
        kind=target.kind,
        owner=target.owner,
        labels=dict(target.labels),
        depends_on=target.depends_on,
        roles=None if target.roles is None else tuple(sorted(target.roles)),
    )


def _fields(document: type[Document], value: object) -> dict[str, object]:
    said = {name: getattr(value, name) for name in document.model_fields}
    return {name: dict(one) if isinstance(one, Mapping) else one for name, one in said.items()}


def _fitting(parts: Sequence[Mapping[str, object]]) -> Iterator[Mapping[str, object]]:
    """Yield the first parts that have room together, at least one."""
    left = _ROOM
    for number, one in enumerate(parts):
        left -= len(json.dumps(one, default=str))
        if left < 0 and number:
            return
        yield one


def _depth(value: JsonValue) -> int:
    deepest, level = 0, [value]
    while level and deepest <= _DEEPEST + 1:
        deepest += 1
        level = [one for outer in level for one in _inside(outer)]
    return deepest


def _inside(value: JsonValue) -> Collection[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()
