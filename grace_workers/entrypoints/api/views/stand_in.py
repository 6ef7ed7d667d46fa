"""Who stands in for which approver."""

from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View


class StandInView(View):
    """Someone who may answer in an approver's place for a span."""

    id: UUID
    approver: str
    stand_in: str
    role: str = Field(description="what the stand-in may answer at most: approver")
    starts_at: Moment
    ends_at: Moment
    reason: str
