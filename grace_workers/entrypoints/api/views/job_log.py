"""The log lines of a job."""

from uuid import UUID

from pydantic import Field, JsonValue

from grace_workers.entrypoints.api.views.view import Moment, View


class JobLogLineView(View):
    """One line that a worker logged while it ran the job, without secrets."""

    position: str
    at: Moment | None
    level: str
    event: str
    details: dict[str, JsonValue]


class JobLogView(View):
    """The newest log lines of a job, oldest first."""

    job: UUID
    state: str
    lines: list[JobLogLineView]
    upto: str | None = Field(description="continue with `after` = `upto`; null without a line")
