"""The job: a durable unit of work. PostgreSQL holds it; the broker only rings its doorbell.

Here live the types, the states and the retry rule. Who stores jobs is behind the ports in `ports`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from grace_workers.foundation.backoff import backoff
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import IncidentId, InstanceName, JobId, uuid7

Priority = NewType("Priority", int)
NORMAL = Priority(5)
URGENT = Priority(10)
EXPRESS_FROM = Priority(9)


class Pool(StrEnum):
    """A worker group with a queue of its own (and an `.express` twin for the two highest priorities)."""

    HEALING = "healing"
    CODING = "coding"
    ORCHESTRATION = "orchestration"


class JobState(StrEnum):
    """queued -> running -> succeeded | failed | dead; queued or running -> cancelled."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DEAD = "dead"

    @property
    def ended(self) -> bool:
        """Whether no further attempt will be made."""
        return self not in {JobState.QUEUED, JobState.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What a caller asks for. Submitting two requests of one `dedupe_key` while the first is open gives one job."""

    name: str
    pool: Pool
    payload: Mapping[str, JsonValue] = field(default_factory=dict)
    priority: Priority = NORMAL
    dedupe_key: str | None = None
    not_before: datetime | None = None
    incident: IncidentId | None = None
    max_attempts: int = 5
    id: JobId = field(default_factory=lambda: JobId(uuid7()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of the ledger. `attempt` counts claims and is the fencing token."""

    id: JobId
    name: str
    pool: Pool
    payload: Mapping[str, JsonValue]
    priority: Priority
    dedupe_key: str | None
    incident: IncidentId | None
    state: JobState
    attempt: int
    max_attempts: int
    owner: InstanceName | None
    not_before: datetime | None
    submitted_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    result: JsonValue
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to run one attempt of a job. It is lost as soon as another claim has a higher attempt."""

    job: Job
    instance: InstanceName

    @property
    def attempt(self) -> int:
        """The fencing token."""
        return self.job.attempt


class FencedError(ConflictError):
    """The claim is no longer ours: the job was taken over, cancelled or finished. Drop everything, commit nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """The job did what it was for."""

    result: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The job cannot succeed; it is not tried again."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """The job may succeed later; after `max_attempts` it is dead and can be replayed by a person."""

    error: str
    after: timedelta | None = None


Ending = Succeeded | Failed | TryAgain


def retry_wait(attempt: int) -> timedelta:
    """Return the wait before the attempt after `attempt` (counted from 1): 0.5 s, doubling, at most 5 minutes."""
    return backoff(attempt, base=timedelta(milliseconds=500), cap=timedelta(minutes=5))


def priority(value: int) -> Priority:
    """Return `value` as a priority.

    Raises:
        InputError: it is not between 1 and 10.
    """
    if not 1 <= value <= 10:  # noqa: PLR2004
        raise InputError(f"priority {value} is not between 1 (least urgent) and 10 (most urgent)")
    return Priority(value)
