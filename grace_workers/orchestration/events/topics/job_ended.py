"""`job.ended`: a job failed for good, died or was cancelled.

A success is not published, because thousands may end in a second, and what they changed has its own topics.
"""

from uuid import UUID

from grace_workers.foundation.document import Document
from grace_workers.foundation.redaction import redacted
from grace_workers.orchestration.events.topic import Topic
from grace_workers.orchestration.job import Job, JobState

TOLD = frozenset({JobState.FAILED, JobState.DEAD, JobState.CANCELLED})


class JobEnded(Document):
    """The job as it ended; `state` is failed, dead or cancelled."""

    job: UUID
    name: str
    pool: str
    state: str
    priority: int
    attempt: int
    incident: UUID | None
    error: str | None


DEFINITION = Topic(
    name="job_ended",
    body=JobEnded,
    key=lambda body: str(body.job),
    about="A job failed permanently, died (out of attempts) or was cancelled.",
)


def job_ended(job: Job) -> JobEnded | None:
    """Return the body for a job; None when its state is not published."""
    if job.state not in TOLD:
        return None
    return JobEnded(
        job=job.id,
        name=job.name,
        pool=job.pool.value,
        state=job.state.value,
        priority=job.priority,
        attempt=job.attempt,
        incident=job.incident,
        error=None if job.error is None else redacted(job.error),
    )
