"""One value of everything that the API shows, with every field filled, for the test of its answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from grace_workers.actions import Aspect, Domain
from grace_workers.diagnosis import (
    CauseName,
    Diagnosis,
    EngineKind,
    Evidence,
    Hypothesis,
)
from grace_workers.diagnosis.diagnosis import Strength
from grace_workers.foundation.ids import (
    ApprovalId,
    EventId,
    IncidentId,
    InstanceName,
    JobId,
    PlanId,
    SignalId,
    TargetName,
)
from grace_workers.governance import (
    Approval,
    ApprovalRequest,
    Contract,
    Granted,
    Involvement,
    Proposer,
    Risk,
    RiskPart,
    Role,
    Switch,
)
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.audit_archive import LoggedEntry
from grace_workers.orchestration.diagnosing import DiagnosticLook, DiagnosticReport
from grace_workers.orchestration.diagnostics.diagnostic import DiagnosticFact
from grace_workers.orchestration.dossier import Closing, Dossier, Fate, Happening, JournalRow, Receipt, StepState
from grace_workers.orchestration.events.mesh import ParkedEvent, SubscriptionStatus
from grace_workers.orchestration.events.topic import Event
from grace_workers.orchestration.job import Job, JobState, Pool, Priority
from grace_workers.orchestration.queries import IncidentView
from grace_workers.orchestration.stores import Token
from grace_workers.orchestration.work.tasks import Task
from grace_workers.playbooks import Expectation, Guards, Mode, Operator, Plan, Section, Step
from grace_workers.signals import Incident, IncidentState, LeftOut, Severity, Signal, SignalStatus, Signature

NOW = datetime(2026, 11, 21, 8, 30, 0, 250_000, tzinfo=UTC)
SHOP, CACHE = TargetName("shop"), TargetName("cache")


def number(last: int) -> UUID:
    return UUID(f"018f0000-0000-7000-8000-{last:012}")


SIGNAL = Signal(
    id=SignalId(number(1)),
    source="alertmanager",
    name="TargetDown",
    target=SHOP,
    severity=Severity.CRITICAL,
    status=SignalStatus.RESOLVED,
    summary="shop is down — ü",
    text="Traceback",
    labels={"job": "shop"},
    attributes={"value": 1.5, "list": [1, None, True], "deep": {"a": "b"}},
    signature=Signature("TargetDown~1"),
    delivery_key="key",
    observed_at=NOW,
    member="pod-1",
    began_at=NOW - timedelta(minutes=1),
)
RECEIPT = Receipt(signal=SIGNAL.id, fate=Fate.OPENED, incident=IncidentId(number(2)), reason="new")
INCIDENT = Incident(
    id=IncidentId(number(2)),
    version=7,
    state=IncidentState.CLOSED,
    target=SHOP,
    signature=Signature("TargetDown~1"),
    severity=Severity.CRITICAL,
    title="shop is down",
    signals=3,
    opened_at=NOW,
    last_signal_at=NOW,
    updated_at=NOW,
    closed_at=NOW,
    opened_by="alertmanager",
    priority=8,
    parked=True,
    part_of=IncidentId(number(90)),
)
STEP = Step(index=0, id="restart", primitive="restart_service", target=SHOP, params={"grace_period": 10})
PLAN = Plan(
    id=PlanId(number(3)),
    incident=INCIDENT.id,
    playbook="restart_dead_service",
    playbook_digest="d1",
    aspect=Aspect.PERFORMANCE,
    domain=Domain.INTERNAL_PERFORMANCE,
    mode=Mode.REVIEW,
    target=SHOP,
    steps=(STEP,),
    expectations=(
        Expectation(
            id="runs",
            check="alive",
            target=SHOP,
            params={},
            operator=Operator.EQ,
            bound=1.0,
            within=timedelta(seconds=15),
            hold=timedelta(milliseconds=300),
        ),
    ),
    guards=Guards(),
    budget=timedelta(seconds=90),
    cause="process_down",
    confidence=0.5,
    proposer="grace",
    reason="it is down",
    measured=True,
)
DIAGNOSIS = Diagnosis(
    hypotheses=(
        Hypothesis(
            cause=CauseName("process_down"),
            subject=SHOP,
            confidence=0.25,
            engine=EngineKind.RULES,
            reasoning="alive is 0",
            evidence=("alive",),
            bindings={"flag": "x"},
            strength=Strength.MEASURED,
            measured=True,
        ),
    ),
    evidence=(Evidence(kind="alive", subject=SHOP, value=0, observed_at=NOW, source="check", params={"a": 1}),),
)
APPROVAL = ApprovalRequest(
    id=ApprovalId(number(4)),
    incident=INCIDENT.id,
    plan=PLAN.id,
    plan_digest="d2",
    proposer="grace",
    mode=Mode.PERMISSION,
    role=Role.APPROVER,
    quorum=2,
    requested_at=NOW,
    expires_at=NOW,
    playbook="restart_dead_service",
    target="shop",
    signature="TargetDown~1",
    reasons=("external",),
    answers=(Approval(by="ann", role=Role.APPROVER, approved=True, reason="ok", at=NOW, plan_digest="d2", token="t"),),
)
DOSSIER = Dossier(
    incident=INCIDENT,
    signal=SIGNAL,
    diagnosis=DIAGNOSIS,
    plan=PLAN,
    granted=Granted(
        until=NOW,
        mode=Mode.AUTO,
        risk=Risk(score=0.3, parts=(RiskPart(name="blast", value=0.1, why="one"),)),
        by=("ann",),
        reasons=("low risk",),
    ),
    contract=Contract(
        plan=PLAN.id,
        incident=INCIDENT.id,
        plan_digest="d2",
        targets=frozenset({SHOP}),
        granted_by=("ann",),
        budget=timedelta(seconds=90),
        not_after=NOW,
        max_steps=1,
        steps=("s1",),
        evidence=("e",),
    ),
    baseline={"runs": 0.0},
    afterwards={"runs": 1.0},
    verdict="passed",
    reasons=("met",),
    closing=Closing.HEALED,
)
HAPPENING = Happening(at=NOW, stage="signal", state="open", headline="shop is down", took=0.0125, data={"a": [1]})
VIEW = IncidentView(
    dossier=DOSSIER,
    timeline=[HAPPENING],
    steps=[
        JournalRow(
            index=0,
            step="restart",
            primitive="restart_service",
            target="shop",
            state=StepState.DONE,
            idempotency_key="k",
            attempt=2,
            snapshot={"running": False},
            outcome={"status": "done"},
            updated_at=NOW,
        )
    ],
    approvals=[APPROVAL],
    signals=[(SIGNAL, RECEIPT)],
    proposers=[Proposer(by="ann", part=Involvement.SIGNAL, at=NOW)],
    members=[replace(INCIDENT, id=IncidentId(number(91)), part_of=INCIDENT.id)],
    facts=(
        DiagnosticReport(
            target=TargetName("web"),
            at=NOW,
            took=0.5,
            looks=(
                DiagnosticLook(
                    diagnostic="processes",
                    facts=(
                        DiagnosticFact(
                            name="memory", value=4096, unit="bytes", about="web (7)", note="n", notable=True
                        ),
                    ),
                    took=0.25,
                ),
                DiagnosticLook(diagnostic="locks", trouble="unfinished after 10 s", took=10.0),
            ),
        ),
    ),
)
JOB = Job(
    id=JobId(number(5)),
    name="grace.heal",
    pool=Pool.HEALING,
    payload={"target": "shop"},
    priority=Priority(9),
    dedupe_key="d",
    incident=INCIDENT.id,
    state=JobState.SUCCEEDED,
    attempt=2,
    max_attempts=5,
    owner=InstanceName("here"),
    not_before=NOW,
    submitted_at=NOW,
    started_at=NOW,
    ended_at=NOW,
    result={"incident": str(INCIDENT.id)},
    error="none",
    attempts_before=1,
    audited=False,
    trace="00-1",
    only_on=InstanceName("here"),
    asked_by=("ann",),
)
TASK = Task(job=JOB, incident=DOSSIER, timeline=[HAPPENING])
TOKEN = Token(
    name="ci",
    role=Role.REPORTER,
    hash="secret-hash",
    created_at=NOW,
    expires_at=NOW,
    revoked_at=None,
    rate_per_minute=600,
    person="ann",
    targets=(SHOP, CACHE),
)
EVENT = Event(
    position=7, id=EventId(number(6)), topic="incident.moved", key="k", body={"state": "open"}, at=NOW, logged_at=NOW
)
STANDING = SubscriptionStatus(name="mine", position=7, lag=2, holder="here", attempts=1, missed=3, updated_at=NOW)
PARKED = ParkedEvent(
    subscription="mine", id=EVENT.id, position=7, topic="incident.moved", attempts=8, error="it fails", parked_at=NOW
)
EPISODE = Episode(
    incident=INCIDENT.id,
    playbook="p",
    playbook_digest="d",
    signature="s",
    cause="process_down",
    target=SHOP,
    ending=Ending.VERIFIED,
    restored=False,
    seconds=1.5,
    at=NOW,
    complaining=CACHE,
    bindings={"flag": "x"},
    words_alone=True,
    to_detect=12.0,
    to_heal=1.4,
    to_restore=0.2,
)
SECTION = Section(title="What", lines=("one", "two"))
SWITCH = Switch(on=True, reason="drill", by="ann")
ENTRY = LoggedEntry(seq=None, envelope={"action": "x"}, data={"a": 1})
LEFT_OUT = LeftOut(position=2, name="a", reason="cut", whole=False)
