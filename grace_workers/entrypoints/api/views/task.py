"""Tasks and jobs."""

from typing import Self
from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.incident import TimelineView
from grace_workers.entrypoints.api.views.view import Moment, Seconds, View
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.work.tasks import Task


class TaskView(View):
    """A task: its job and, for a healing task, its incident."""

    id: UUID
    name: str
    pool: str
    priority: int
    state: str = Field(description="queued, running, awaiting_approval, succeeded, failed, cancelled or dead")
    incident: UUID | None
    attempt: int
    submitted_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    result: JsonValue
    error: str | None
    timeline: list[TimelineView]

    @classmethod
    def of_task(cls, task: Task) -> Self:
        """Return a task for its sender."""
        incident = None if task.incident is None else task.incident.incident.id
        return cls.of(task.job, state=task.state, incident=incident, result=task.result, timeline=task.timeline)


class JobView(View):
    """A job of the ledger, with its payload."""

    id: UUID
    name: str
    pool: str
    payload: dict[str, JsonValue]
    priority: int
    dedupe_key: str | None
    incident: UUID | None
    state: str = Field(description="queued, running, succeeded, failed, cancelled or dead")
    attempt: int
    max_attempts: int
    owner: str | None
    not_before: Moment | None
    submitted_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    result: JsonValue
    error: str | None
    attempts_before: int
    audited: bool
    trace: str | None
    only_on: str | None
    asked_by: list[str]


class StackFrameView(View):
    """One call of a thread."""

    file: str
    line: int
    function: str


class JobLookView(View):
    """What a running job did at a moment."""

    job: UUID
    name: str
    instance: str
    attempt: int
    started_at: Moment
    looked_at: Moment
    ran_for: Seconds
    pid: int
    memory: int = Field(description="bytes of its process that are in memory")
    frames: list[StackFrameView] = Field(description="the newest call first; empty if its process reports none")
    left_out: int = Field(description="how many older calls were left out")


class MatchingJobsView(View):
    """How many jobs match."""

    count: int = Field(description="500 at most")
    more: bool
    at: Moment


class DoneToManyView(View):
    """How many jobs were changed, and by id why others were not."""

    done: int
    skipped: dict[UUID, str]


class UnreadableMessageView(View):
    """A message on the broker that no job could be claimed with."""

    at: Moment
    queue: str
    size: int
    why: str
    text: str


class UnreadableView(View):
    """How many such messages were set aside, and the newest of them."""

    count: int
    newest: list[UnreadableMessageView]
