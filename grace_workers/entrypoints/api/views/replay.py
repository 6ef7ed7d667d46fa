"""What the rules in force would make of earlier incidents."""

from typing import Self
from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.orchestration.case import CaseCourse
from grace_workers.orchestration.replaying import Replayed


class ReplayedView(View):
    """An earlier incident: what happened then, and what would happen now."""

    incident: UUID
    target: str | None
    title: str
    opened_at: Moment
    happened: CaseCourse
    now: CaseCourse
    differs: list[str] = Field(description="what would be different: cause, subject, playbook, decision, gate")
    unread: list[str] = Field(description="readings of the new cause that were not taken then")

    @classmethod
    def of_replayed(cls, one: Replayed) -> Self:
        """Return the view."""
        case = one.case
        return cls(
            incident=case.incident,
            target=case.target,
            title=case.title,
            opened_at=case.opened_at,
            happened=case.happened,
            now=one.now,
            differs=list(one.differs),
            unread=list(one.unread),
        )


class PlaybookReplayView(View):
    """The incidents in which a playbook fired, or would fire now, newest first."""

    playbook: str
    replayed: int = Field(description="how many incidents were looked at")
    complete: bool = Field(description="whether these are all of the period, not only the newest")
    incidents: list[ReplayedView]
