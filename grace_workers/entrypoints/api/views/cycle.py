"""Cycles, their runs, and what they found."""

from typing import Self
from uuid import UUID

from pydantic import Field

from grace_workers.cycles import KnownFinding
from grace_workers.entrypoints.api.views.view import Moment, Seconds, View
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.cycles import CycleStatus, CycleStory


class PauseView(View):
    """Who paused a cycle, when and why."""

    by: str
    reason: str
    at: Moment


class CycleRunView(View):
    """One run of a cycle."""

    id: UUID
    state: str = Field(description="queued, running, succeeded, failed, cancelled or dead")
    submitted_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    asked_by: list[str]
    result: JsonValue
    error: str | None


class CycleRunBriefView(View):
    """How one run of a cycle ended, and how long it took."""

    id: UUID
    state: str = Field(description="queued, running, succeeded, failed, cancelled or dead")
    submitted_at: Moment
    started_at: Moment | None
    ended_at: Moment | None


class CycleView(View):
    """A cycle: how often it runs, when next, and its newest runs that are kept."""

    name: str
    summary: str
    cadence: Seconds
    missed: str = Field(description="what happens to slots that passed while no node led: skip, last or all")
    next_at: Moment | None
    pause: PauseView | None
    last: CycleRunView | None
    recent: list[CycleRunBriefView] = Field(description="the newest twelve, newest first")
    findings: int

    @classmethod
    def of_status(cls, status: CycleStatus) -> Self:
        """Return the view of a cycle."""
        last = None if status.last is None else CycleRunView.of(status.last)
        return cls.of(status, last=last, recent=[CycleRunBriefView.of(one) for one in status.recent])


class ProposedChangeView(View):
    """What to change, and the figures that are expected afterwards."""

    change: str = Field(description="playbook, knowledge, check, target, code or setting")
    what: str
    expected: dict[str, float]


class CycleFindingView(View):
    """What a cycle found: its figures now and at the first look; it is over since `gone_at`."""

    cycle: str
    key: str
    title: str
    figures: dict[str, float]
    before: dict[str, float]
    proposal: ProposedChangeView | None
    first_at: Moment
    seen_at: Moment
    gone_at: Moment | None

    @classmethod
    def of_known(cls, known: KnownFinding) -> Self:
        """Return the view of a finding."""
        found = known.finding
        proposal = None if found.proposal is None else ProposedChangeView.of(found.proposal)
        return cls.of(known, key=found.key, title=found.title, figures=found.figures, proposal=proposal)


class CycleStoryView(View):
    """One cycle with its newest runs, what it found that holds, and the newest of what is over."""

    cycle: CycleView
    runs: list[CycleRunView]
    findings: list[CycleFindingView]
    gone: list[CycleFindingView]

    @classmethod
    def of_story(cls, story: CycleStory) -> Self:
        """Return the view of a cycle's story."""
        return cls(
            cycle=CycleView.of_status(story.status),
            runs=[CycleRunView.of(one) for one in story.runs],
            findings=[CycleFindingView.of_known(one) for one in story.findings],
            gone=[CycleFindingView.of_known(one) for one in story.gone],
        )
