"""Improvements of the fleet."""

from typing import Self

from pydantic import Field

from grace_workers.cycles import Improvement, declared_proposals
from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.improvements import Improvements


class ImprovementView(View):
    """A change of how the fleet works that is to be, is, or was in force."""

    key: str = Field(description="its kind and subject, by which it is taken back")
    kind: str = Field(description="what it changes, such as a playbook or a threshold")
    subject: str = Field(description="which one it changes")
    change: str = Field(description="what it changes of it, in words")
    content: dict[str, JsonValue] = Field(description="the same as data")
    state: str = Field(description="proposed, in_force, kept, leaving, taken_back or left")
    why: str
    told: str = Field(description="the last thing that happened to it")
    replayed: int = Field(description="incidents that were replayed with it")
    avoided: int = Field(description="those that would have gone another way, and had not ended well")
    lost: int = Field(description="those that would have gone another way, and had ended well")
    measures: str = Field(description="what the figures before, predicted and since are")
    share: bool = Field(description="whether they are shares, from 0 to 1")
    before: float
    predicted: float
    since: float | None = Field(description="measured while it was in force")
    seen: int = Field(description="from how many cases")
    proposed_at: Moment
    in_force_at: Moment | None
    moved_at: Moment

    @classmethod
    def of_improvement(cls, one: Improvement) -> Self:
        """Return the view."""
        kinds = declared_proposals()
        measures = kinds[one.kind].measures if one.kind in kinds else "as a newer release says"
        return cls.of(one, state=one.state.value, measures=measures, share=measures.startswith("share"))


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
