"""Incidents: a line of a list, the timeline, the whole story."""

from typing import Self
from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.diagnosis import DiagnosticReportView
from grace_workers.entrypoints.api.views.governance import ApprovalView
from grace_workers.entrypoints.api.views.signal import PlainSignalView, SignalView
from grace_workers.entrypoints.api.views.view import Moment, Seconds, View
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.handover import Handover
from grace_workers.orchestration.queries import IncidentView


class TimelineView(View):
    """One line of an incident's timeline."""

    at: Moment
    stage: str
    state: str
    headline: str
    took: float = Field(description="the stage's own time in seconds, without waiting")
    data: dict[str, JsonValue]


class EvidenceView(View):
    """One fact that was gathered."""

    kind: str
    subject: str
    value: JsonValue
    observed_at: Moment
    source: str
    params: dict[str, JsonValue]


class HypothesisView(View):
    """A possible cause."""

    cause: str
    subject: str
    confidence: float
    engine: str
    reasoning: str
    evidence: list[str]
    bindings: dict[str, JsonValue]
    strength: int
    measured: bool


class DiagnosisView(View):
    """The hypotheses, best first, and the evidence that they rest on."""

    hypotheses: list[HypothesisView]
    evidence: list[EvidenceView]


class ConditionView(View):
    """The reading without which a step is left out."""

    check: str
    target: str
    params: dict[str, JsonValue]
    operator: str
    bound: float


class StepFieldView(View):
    """One field of an answer: its type, and what it may be."""

    type: str
    description: str
    default: bool | int | float | str | None
    minimum: int | float | str | None
    maximum: int | float | str | None
    enum: list[bool | int | float | str]


class QuestionView(View):
    """What a person is asked before a step."""

    words: str
    answer: dict[str, StepFieldView]
    within: Seconds
    role: str


class OpenQuestionView(View):
    """The question of a step that the run waits for."""

    step: str
    asked_at: Moment
    expires_at: Moment


class StepView(View):
    """One step of a plan."""

    index: int
    id: str
    primitive: str
    target: str
    params: dict[str, JsonValue]
    wait: Seconds | None = Field(description="for how long the run rests before it reads `when`")
    when: ConditionView | None
    fallback_of: str | None = Field(description="the step that it is taken in place of, if that fails")
    group: str | None = Field(description="the step with `each` that it belongs to")
    at_once: int = Field(description="how many steps of its group are taken at a time, at most")
    ask: QuestionView | None
    if_answered: dict[str, bool | int | float | str] = Field(description="the answers without which it is left out")


class ExpectationView(View):
    """A reading that must follow the steps."""

    id: str
    check: str
    target: str
    params: dict[str, JsonValue]
    operator: str
    bound: float
    within: Seconds
    hold: Seconds
    regression: bool
    proves: bool


class GuardsView(View):
    """A playbook's own limits per target."""

    cooldown: Seconds
    max_runs_per_hour: int
    stop_after_ineffective: int


class PlanView(View):
    """A playbook bound to the incident."""

    id: UUID
    incident: UUID
    playbook: str
    playbook_digest: str
    aspect: str
    domain: str
    mode: str | None
    target: str
    steps: list[StepView]
    expectations: list[ExpectationView]
    guards: GuardsView
    budget: Seconds
    cause: str
    confidence: float
    proposer: str
    reason: str
    measured: bool


class RiskPartView(View):
    """One summand of the risk score."""

    name: str
    value: float
    why: str


class RiskView(View):
    """0.0 to 1.0, with the parts that make it."""

    score: float
    parts: list[RiskPartView]


class GrantedView(View):
    """Why the plan may run, and until when."""

    until: Moment
    mode: str
    risk: RiskView
    by: list[str]
    reasons: list[str]


class ContractView(View):
    """The permission for exactly one plan."""

    plan: UUID
    incident: UUID
    plan_digest: str
    targets: list[str]
    granted_by: list[str]
    budget: Seconds
    not_after: Moment
    max_steps: int
    steps: list[str]
    evidence: list[str]


class JournalView(View):
    """One step's row: written before it acts and after."""

    index: int
    step: str
    primitive: str
    target: str
    state: str
    idempotency_key: str
    attempt: int
    snapshot: dict[str, JsonValue]
    outcome: dict[str, JsonValue] | None
    updated_at: Moment


class ProposerView(View):
    """A person who brought the plan about and therefore may not approve it."""

    by: str
    part: str = Field(description="signal, request, retry or replay")
    at: Moment


class HourCountView(View):
    """How many incidents were opened in one hour and ended in this way."""

    hour: Moment
    closing: str | None = Field(description="healed, done, restored, refused, …; null while under way")
    count: int


class IncidentLineView(View):
    """An incident as one line of a list."""

    id: UUID
    version: int
    state: str
    target: str | None
    signature: str
    severity: str
    title: str
    signals: int
    opened_at: Moment
    last_signal_at: Moment
    updated_at: Moment
    closed_at: Moment | None
    opened_by: str
    priority: int
    parked: bool
    part_of: UUID | None = Field(description="the incident that leads its group; null when it leads")
    members: int = Field(description="how many incidents it leads")
    playbook: str | None
    verdict: str | None
    closing: str | None
    reasons: list[str]

    @classmethod
    def of_dossier(cls, dossier: Dossier, members: int = 0) -> Self:
        """Return the incident of a dossier, which leads so many others."""
        return cls.of(dossier.incident, members=members, **_line(dossier))


class GroupMemberView(View):
    """An incident that another one leads, because they have one cause."""

    id: UUID
    target: str | None
    state: str
    severity: str
    title: str
    signals: int
    parked: bool
    opened_at: Moment
    last_signal_at: Moment
    closed_at: Moment | None


class InstructionView(View):
    """One thing that a person does; `run` is one line of shell that is ready to copy."""

    do: str
    run: str | None


class HandoverView(View):
    """What a person does about an incident that is escalated or refused. `because` says why no playbook may act."""

    cause: str
    target: str
    because: str | None
    instructions: list[InstructionView]


class IncidentStoryView(IncidentLineView):
    """An incident in full. Each of `signals`, which are its own and those of its `members`, names its `incident`."""

    signals: list[SignalView]  # type: ignore[assignment] # a list's line counts them under the same name
    members: list[GroupMemberView]  # type: ignore[assignment] # as well
    signal: PlainSignalView
    diagnosis: DiagnosisView | None
    plan: PlanView | None
    granted: GrantedView | None
    contract: ContractView | None
    baseline: dict[str, float] = Field(description="readings before the first step, by expectation")
    afterwards: dict[str, float] = Field(description="the last readings of verification, by expectation")
    question: OpenQuestionView | None
    answers: dict[str, dict[str, JsonValue]] = Field(description="what people answered, by step and field")
    timeline: list[TimelineView]
    steps: list[JournalView]
    proposers: list[ProposerView]
    approvals: list[ApprovalView]
    facts: list[DiagnosticReportView] = Field(description="taken when a person was asked about the incident")
    by_hand: HandoverView | None = Field(description="what a person does; null where no cause says it")

    @classmethod
    def of_view(cls, view: IncidentView, given: Handover | None) -> Self:
        """Return the story of an incident, with what a person does about it."""
        dossier = view.dossier
        return cls.of(
            dossier.incident,
            **_line(dossier),
            signal=dossier.signal,
            diagnosis=dossier.diagnosis,
            plan=dossier.plan,
            granted=dossier.granted,
            contract=dossier.contract,
            baseline=dossier.baseline,
            afterwards=dossier.afterwards,
            question=dossier.question,
            answers=dossier.answered,
            timeline=view.timeline,
            steps=view.steps,
            proposers=view.proposers,
            approvals=view.approvals,
            by_hand=given,
            facts=[DiagnosticReportView.of_report(one) for one in view.facts],
            members=[GroupMemberView.of(one) for one in view.members],
            signals=[SignalView.of_both(signal, receipt) for signal, receipt in view.signals],
        )


def _line(dossier: Dossier) -> dict[str, object]:
    return {
        "playbook": None if dossier.plan is None else dossier.plan.playbook,
        "verdict": dossier.verdict,
        "closing": dossier.closing,
        "reasons": dossier.reasons,
    }
