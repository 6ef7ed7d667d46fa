"""What was learned: precedents, calibration, recommendations, models."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, Seconds, View
from grace_workers.foundation.document import JsonValue
from grace_workers.learning import Reliability
from grace_workers.orchestration.learned import LearningSummary
from grace_workers.orchestration.outcomes import RunRecord
from grace_workers.orchestration.shared_learning import SharedLearning
from grace_workers.orchestration.unexplained import Unexplained


class PrecedentView(View):
    """An ended run of a diagnosed incident: the cause it acted on, the stated confidence, and how it ended."""

    plan: str
    incident: str
    at: Moment
    signature: str
    cause: str
    target: str
    complaining: str | None
    playbook: str
    engine: str
    measured: bool
    confidence: float
    ending: str
    stayed: float = Field(description="the longest span in seconds after which the problem was still gone")
    recurred: bool
    forgotten: bool

    @classmethod
    def of_precedent(cls, value: object) -> "PrecedentView":
        """Return the view, with ids as text."""
        return cls.of(value, plan=str(getattr(value, "plan", "")), incident=str(getattr(value, "incident", "")))


class ReliabilityBinView(View):
    """The diagnoses that were stated with a confidence between `low` and `high`."""

    low: float
    high: float
    count: int
    stated: float = Field(description="the mean of what was stated")
    right: float = Field(description="the share that was right")


class ReliabilityView(View):
    """Whether diagnoses were right as often as stated. `ece` and `brier` are null without answers."""

    bins: list[ReliabilityBinView]
    count: int
    ece: float | None = Field(description="expected calibration error: the mean distance of stated and right")
    brier: float | None = Field(description="the mean squared distance of stated and right")

    @classmethod
    def of_curve(cls, curve: Reliability) -> "ReliabilityView":
        """Return the view of a curve."""
        return cls.of(curve, bins=[ReliabilityBinView.of(one) for one in curve.bins])


class RecommendationView(View):
    """The expected result of a playbook for a signature."""

    playbook: str
    expected: float = Field(description="the success rate to expect of its next run")
    at_least: float = Field(description="the lower bound of its own success rate, at 90 %")
    verified: int
    ineffective: int
    failed: int
    last_at: Moment | None


class ModelVersionView(View):
    """A version of a model; the first of its name is in use."""

    name: str
    version: int
    sha256: str
    at: Moment
    outcomes: int
    score: dict[str, JsonValue]
    restored: int | None = Field(description="the version that it is a copy of")


class LearnedCauseView(View):
    """A version of the file of a learned cause."""

    name: str
    version: str
    file: str
    proposed_by: str
    proposed_at: Moment
    accepted_at: Moment | None = Field(description="since when it is in force; null if it is not")


class PlaybookSummaryView(View):
    """How the runs of a playbook ended."""

    playbook: str
    verified: int
    ineffective: int
    failed: int
    inconclusive: int
    stayed: int
    recurred: int


class UnexplainedView(View):
    """Incidents without a known cause that showed almost the same, with a cause's file for a person to take over."""

    name: str
    incidents: list[str]
    targets: list[str]
    first_at: Moment
    last_at: Moment
    shared: list[str]
    cause: str = Field(description="the content of a cause's file, as YAML; it is in force nowhere")

    @classmethod
    def of_cluster(cls, found: Unexplained) -> "UnexplainedView":
        """Return the view of a cluster."""
        return cls.of(found, incidents=[str(one) for one in found.incidents])


class OutcomeDayView(View):
    """How incidents that were opened, and runs that ended, on one day came out.

    `incidents` are those that ended, without what people asked for, what ended by itself and what another one led.
    """

    at: Moment
    incidents: int
    healed: int
    alone: int = Field(description="healed, and no one was asked")
    planned: int
    ruled: int = Field(description="governance decided about them")
    promptly: int = Field(description="of these, within two seconds")
    verified: int = Field(description="runs whose expectations were met")
    missed: int = Field(description="runs that failed or did not help")


class RunTallyView(View):
    """How the runs of one cause or playbook ended. The times are from opened to verified."""

    name: str
    verified: int
    ineffective: int
    failed: int
    inconclusive: int
    restored: int
    stuck: int = Field(description="runs that could not be restored")
    mean: Seconds | None
    median: Seconds | None
    p95: Seconds | None


class RunRecordView(View):
    """How runs ended since a time, by cause and by playbook, most runs first."""

    since: Moment
    complete: bool = Field(description="false where older runs were left out")
    causes: list[RunTallyView]
    playbooks: list[RunTallyView]

    @classmethod
    def of_record(cls, found: RunRecord) -> "RunRecordView":
        """Return the view of a record."""
        causes = [RunTallyView.of(one) for one in found.causes]
        return cls.of(found, causes=causes, playbooks=[RunTallyView.of(one) for one in found.playbooks])


class LearningSummaryView(View):
    """What was learned in a period."""

    since: Moment
    playbooks: list[PlaybookSummaryView]
    causes: dict[str, int] = Field(description="how often each cause was healed")
    precedents: int
    models: list[ModelVersionView]

    @classmethod
    def of_summary(cls, found: LearningSummary) -> "LearningSummaryView":
        """Return the view of a summary."""
        models: Sequence[View] = [ModelVersionView.of(one) for one in found.versions]
        return cls.of(found, playbooks=[PlaybookSummaryView.of(one) for one in found.playbooks], models=models)


class SharedEntryView(View):
    """One run of either agent, and how it ended."""

    agent: str = Field(description="healing or coding")
    at: Moment
    incident: UUID
    cause: str
    target: str
    playbook: str
    ending: str


class AgentRecordView(View):
    """What one agent did in the newest runs, and how busy it is."""

    agent: str
    runs: int
    verified: int
    success: float | None = Field(description="verified runs among those that show something; null without one")
    waiting: int = Field(description="its jobs that wait")
    running: int
    utilisation: float
    free: int = Field(description="how many ordinary jobs could start now")


class PatchEffectView(View):
    """A verified patch, and how often a target that runs the code was healed in the seven days before and since."""

    code: str
    target: str
    at: Moment
    heals_before: int
    heals_since: int
    days: float = Field(description="how much of the seven days since has passed")
    days_before: float = Field(description="how much of the seven days before is in the record of a thousand runs")


class SharedLearningView(View):
    """What both agents learned."""

    entries: list[SharedEntryView]
    agents: list[AgentRecordView]
    patches: list[PatchEffectView]

    @classmethod
    def of_learning(cls, found: SharedLearning, limit: int) -> "SharedLearningView":
        """Return the view with at most `limit` entries."""
        return cls(
            entries=[SharedEntryView.of(one) for one in found.entries[:limit]],
            agents=[
                AgentRecordView.of(one, running=one.load.running, utilisation=one.load.utilisation, free=one.load.free)
                for one in found.agents
            ],
            patches=[PatchEffectView.of(one) for one in found.patches],
        )
