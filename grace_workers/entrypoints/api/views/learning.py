"""What was learned: precedents, calibration, recommendations, models."""

from collections.abc import Sequence

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.foundation.document import JsonValue
from grace_workers.learning import Reliability
from grace_workers.orchestration.learned import LearningSummary
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
    """A version of the model of diagnosis; the first of a list is in use."""

    name: str
    version: int
    sha256: str
    at: Moment
    outcomes: int
    score: dict[str, JsonValue]
    restored: int | None = Field(description="the version that it is a copy of")


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
