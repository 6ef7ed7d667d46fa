"""`Dossier`: everything the line has established about one incident so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from grace_workers.diagnosis import Diagnosis
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import IncidentId, PlanId, SignalId
from grace_workers.governance import Contract, Granted
from grace_workers.playbooks import Plan
from grace_workers.signals import Incident, Signal
from grace_workers.verification import Observation


class Closing(StrEnum):
    """How an incident's run on the line ended, as people are told.

    `done`: what a person asked for was done and its expectations are met, but they were already met before.
    """

    HEALED = "healed"
    DONE = "done"
    RESTORED = "restored"
    REFUSED = "refused"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumedRun:
    """The run that a request goes on with: what its journal says was done stands. `baseline` was read before it.

    `answers` were given in it.
    """

    plan: PlanId
    baseline: Mapping[str, float]
    answers: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """The question of a step that waits for a person."""

    step: str
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWait:
    """The step for which time passes, and until when."""

    step: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was requested: a certain playbook with its params, or a ready plan, or to go on with a run."""

    playbook: str
    params: Mapping[str, JsonValue]
    by: str
    plan: Plan | None = None
    resumes: ResumedRun | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """The incident and what each stage added. A stage returns a new dossier; nothing is changed in place.

    `baseline` holds the readings taken before the first step, by expectation id; `observations` are those taken after
    the last step, while the verdict is open; `afterwards` holds the last of them, by expectation id. `wait` is the
    last one of a step of the run. `question` is the one that the run waits for; `answers` are those that people gave,
    by step and field. `held_back_by` is the gate that the plan waits for. `verdict` is the verdict's kind; `reasons`
    explain it, or a refusal, or an escalation. `trace` is the traceparent of the request or signal that opened the
    incident. `to_restore` are the seconds that restoring the run took.
    """

    incident: Incident
    signal: Signal
    request: Request | None = None
    diagnosis: Diagnosis | None = None
    plan: Plan | None = None
    granted: Granted | None = None
    contract: Contract | None = None
    baseline: Mapping[str, float] = field(default_factory=dict)
    verdict: str | None = None
    reasons: tuple[str, ...] = ()
    closing: Closing | None = None
    verifying_since: datetime | None = None
    observations: tuple[Observation, ...] = ()
    afterwards: Mapping[str, float] = field(default_factory=dict)
    trace: str | None = None
    held_back_by: str | None = None
    wait: StepWait | None = None
    question: OpenQuestion | None = None
    answers: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict)
    to_restore: float | None = None

    @property
    def answered(self) -> Mapping[str, Mapping[str, JsonValue]]:
        """Return the answers by step: those of this run, and of the one that it resumes."""
        resumed = self.request.resumes if self.request is not None else None
        return {**(resumed.answers if resumed is not None else {}), **self.answers}


class Fate(StrEnum):
    """What happened to a signal."""

    OPENED = "opened"
    JOINED = "joined"
    REVIVED = "revived"
    RESOLVED = "resolved"
    IGNORED = "ignored"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The answer to one signal: it is stored, and why it led where it did."""

    signal: SignalId
    fate: Fate
    incident: IncidentId | None
    reason: str


class StepState(StrEnum):
    """The state of a step in its journal.

    `skipped`: its condition was not met. `replaced`: it failed and was restored, and its fallback is taken instead.
    """

    SNAPSHOTTED = "snapshotted"
    SKIPPED = "skipped"
    INTENDED = "intended"
    DONE = "done"
    FAILED = "failed"
    REPLACED = "replaced"
    RESTORING = "restoring"
    RESTORED = "restored"
    RESTORE_FAILED = "restore_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """One step's row, written before it acts and after.

    `attempt` is the fencing token it acted under, and 0 for what the run that this one resumes has done.
    """

    index: int
    step: str
    primitive: str
    target: str
    state: StepState
    idempotency_key: str
    attempt: int
    snapshot: Mapping[str, JsonValue]
    outcome: Mapping[str, JsonValue] | None
    updated_at: datetime


def standing(rows: Sequence[JournalRow], plan: Plan) -> Sequence[JournalRow]:
    """Return the steps that need nothing more when their run is resumed: what is done, and what it decided on the way.

    Where nothing is done, nothing was decided either: conditions are read again, and failed steps are tried again.
    """
    done = {row.step for row in rows if row.state is StepState.DONE}
    replaced = {step.fallback_of for step in plan.steps if step.id in done}
    return [
        row
        for row in rows
        if row.step in done
        or (row.state is StepState.SKIPPED and done)
        or (row.state is StepState.REPLACED and row.step in replaced)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of an incident's timeline. `took` is the stage's own time in seconds, without waiting."""

    at: datetime
    stage: str
    state: str
    headline: str
    took: float
    data: Mapping[str, JsonValue] = field(default_factory=dict)
