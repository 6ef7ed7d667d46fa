"""Improvements of playbooks."""

from typing import Self

from pydantic import Field

from grace_workers.cycles import Improvement
from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.orchestration.improvements import Improvements


class ImprovementView(View):
    """A figure of a playbook that is to be, is, or was stricter in force than its file says."""

    playbook: str
    figure: str = Field(description="min_confidence or mode")
    change: str = Field(description="as a line of the playbook's file")
    state: str = Field(description="proposed, in_force, kept, leaving, taken_back or left")
    why: str
    told: str = Field(description="the last thing that happened to it")
    replayed: int = Field(description="incidents of the playbook that were replayed with it")
    avoided: int = Field(description="those that would have gone another way, and had not been healed")
    lost: int = Field(description="those that would have gone another way, and had been healed")
    before: float = Field(description="share of runs that helped in the 30 days before")
    predicted: float
    since: float | None = Field(description="share of runs that helped while it was in force")
    runs_since: int
    proposed_at: Moment
    in_force_at: Moment | None
    moved_at: Moment

    @classmethod
    def of_improvement(cls, one: Improvement) -> Self:
        """Return the view."""
        return cls.of(one, figure=one.figure.value, change=one.words, state=one.state.value)


class ImprovementsView(View):
    """What is not over, and the newest of what is."""

    open: list[ImprovementView]
    past: list[ImprovementView]

    @classmethod
    def of_all(cls, found: Improvements, most: int) -> Self:
        """Return the view, with at most so many that are over."""
        return cls(
            open=[ImprovementView.of_improvement(one) for one in found.open],
            past=[ImprovementView.of_improvement(one) for one in found.past[:most]],
        )
