"""The score of playbooks in shadow mode."""

from typing import Self
from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.orchestration.shadow_score import ShadowScore, ShadowScores
from grace_workers.orchestration.stores.shadows import ShadowOutcome


class ShadowRunView(View):
    """What a playbook in shadow mode would have done about one incident, and how that ended without it."""

    incident: UUID
    digest: str
    cause: str
    target: str
    at: Moment
    decision: str = Field(description="granted, asked, refused, or unclear where a step could not be previewed")
    gate: str | None = Field(description="the gate that would have refused")
    reason: str
    changes: list[str] = Field(description="the previews of its steps")
    needed: bool | None = Field(description="whether an expectation was unmet then; null if none could be read")
    chosen: str | None = Field(description="the playbook that was planned instead")
    closing: str | None
    state: str

    @classmethod
    def of_outcome(cls, one: ShadowOutcome) -> Self:
        """Return the view of a run."""
        return cls.of(one.run, closing=one.closing, state=one.state)


class ShadowScoreView(View):
    """The score of one playbook. The five last counts are of the runs that would have been granted or asked."""

    playbook: str
    fired: int
    decisions: dict[str, int]
    gates: dict[str, int]
    needed: int
    left_to_people: int
    healed_otherwise: int
    by_itself: int
    under_way: int
    runs: list[ShadowRunView] = Field(description="the newest")

    @classmethod
    def of_score(cls, score: ShadowScore) -> Self:
        """Return the view of a score."""
        decisions = {decision.value: count for decision, count in score.decisions.items()}
        runs = [ShadowRunView.of_outcome(one) for one in score.runs]
        return cls.of(score, decisions=decisions, gates=dict(score.gates), runs=runs)


class ShadowScoresView(View):
    """The scores since a time, by playbook."""

    since: Moment
    scores: list[ShadowScoreView]
    complete: bool = Field(description="false where older runs were left out")

    @classmethod
    def of_scores(cls, found: ShadowScores) -> Self:
        """Return the view of the scores."""
        return cls.of(found, scores=[ShadowScoreView.of_score(one) for one in found.scores])
