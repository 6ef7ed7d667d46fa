"""The job: a durable unit of work. PostgreSQL holds it; the broker only rings its doorbell.

This module holds the types, the states, the retry rule and the audit entry of a job. Storing is behind the ports.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, assert_never

from grace_workers.audit import Entry
from grace_workers.foundation.backoff import backoff
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, InputError, TransientError
from grace_workers.foundation.ids import IncidentId, InstanceName, JobId, uuid7
from grace_workers.foundation.redaction import starred, without_secrets
from grace_workers.governance import is_fleet

Priority = NewType("Priority", int)
NORMAL = Priority(5)
URGENT = Priority(10)
EXPRESS_FROM = Priority(9)
MOST_SLOTS = 250
FIRST_RETRY = timedelta(milliseconds=500)
MOST_ERROR_IN_ENTRY = 2_000


class Pool(StrEnum):
    """A worker group with its own queue (and an `.express` twin for the two highest priorities)."""

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
    """What a caller asks for. Submitting two requests of one `dedupe_key` while the first is open gives one job.

    `audited` is False only for recurring telemetry, whose jobs change nothing; `by` names the requester, for the
    audit log. `trace` is the traceparent that the job continues; None: the span that is open when it is submitted.
    `only_on` binds the job to one instance, whatever its health, as a canary is. Secrets in the payload are starred
    from the start.
    """

    name: str
    pool: Pool
    payload: Mapping[str, JsonValue] = field(default_factory=dict)
    priority: Priority = NORMAL
    dedupe_key: str | None = None
    not_before: datetime | None = None
    incident: IncidentId | None = None
    max_attempts: int = 5
    audited: bool = True
    by: str = "grace"
    trace: str | None = None
    only_on: InstanceName | None = None
    id: JobId = field(default_factory=lambda: JobId(uuid7()))

    def __post_init__(self) -> None:
        object.__setattr__(self, "payload", without_secrets(self.payload))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of the ledger. `attempt` counts claims over the job's whole life and is the fencing token.

    `attempts_before` were made before the last replay, so they do not count against `max_attempts`. `not_before` is
    None when the job was due as soon as it was queued. `asked_by` lists the people and programs outside the fleet
    that submitted or replayed it, in that order.
    """

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
    attempts_before: int = 0
    audited: bool = True
    trace: str | None = None
    only_on: InstanceName | None = None
    asked_by: tuple[str, ...] = ()

    @property
    def tries(self) -> int:
        """How many attempts count against `max_attempts`."""
        return self.attempt - self.attempts_before


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
    """The claim is lost: the job was taken over, cancelled or finished. Drop everything, commit nothing."""


class HeldError(TransientError):
    """A doorbell came again, but the process that answered it is still connected and may still act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """The job succeeded."""

    result: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailed:
    """The job cannot succeed; it is not retried."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """The job may succeed later; after `max_attempts` it is dead and can be replayed by a person."""

    error: str
    after: timedelta | None = None


Ending = Succeeded | JobFailed | TryAgain


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What an ending makes of a job, with secrets starred. `wait` is None when no further attempt follows."""

    state: JobState
    result: JsonValue = None
    error: str | None = None
    wait: timedelta | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "result", without_secrets(self.result))
        object.__setattr__(self, "error", None if self.error is None else starred(self.error))


LONGEST_WAIT = timedelta(minutes=15)
"""The longest wait that an attempt may set itself, because the other side chooses what `Retry-After` says."""


def settle(job: Job, ending: Ending, wait: timedelta) -> Settlement:
    """Return what `ending` makes of the running `job`; `wait` is for a TryAgain that does not set its own."""
    match ending:
        case Succeeded(result=result):
            return Settlement(state=JobState.SUCCEEDED, result=result)
        case JobFailed(error=error):
            return Settlement(state=JobState.FAILED, error=error)
        case TryAgain(error=error, after=after) if job.tries < job.max_attempts:
            return Settlement(
                state=JobState.QUEUED, error=error, wait=wait if after is None else min(after, LONGEST_WAIT)
            )
        case TryAgain(error=error):
            return Settlement(state=JobState.DEAD, error=f"{error} (attempt {job.tries} of {job.max_attempts})")
        case _:
            assert_never(ending)


def exhausted(job: Job) -> str:
    """Return the error of a job whose attempts all ended without an outcome: each killed its worker or timed out."""
    why = "each time, its instance died or its time limit passed"
    return f"{job.tries} of {job.max_attempts} attempts ended without an outcome: {why}"


_OPEN = frozenset({JobState.QUEUED, JobState.RUNNING})
_REPLAYABLE = frozenset({JobState.DEAD, JobState.FAILED, JobState.CANCELLED})


def require_pool(job: Job, pool: Pool | None) -> None:
    """Raise InputError when `job` was rung in another pool, because its own pool's limits would not hold there."""
    if pool is not None and job.pool is not pool:
        raise InputError(f"job {job.id} belongs to pool {job.pool}, but its message came through pool {pool}")


def require_open(job: Job) -> None:
    """Raise ConflictError when `job` has ended, because it can no longer be cancelled."""
    if job.state not in _OPEN:
        raise ConflictError(f"job {job.id} has already ended ({job.state}); only queued and running jobs are cancelled")


def require_replayable(job: Job) -> None:
    """Raise ConflictError when `job` is open or succeeded, because it cannot be replayed."""
    if job.state not in _REPLAYABLE:
        raise ConflictError(f"job {job.id} is {job.state}; only dead, failed and cancelled jobs are replayed")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotLimits:
    """How many jobs run at once in the whole fleet. A pool that is not named has no limit.

    Each limited pool has `express` extra slots, open only to priorities 9 and 10, so an urgent job starts at once
    even while long jobs fill every ordinary slot.
    """

    total: int = 10
    per_pool: Mapping[Pool, int] = field(default_factory=lambda: {Pool.HEALING: 5, Pool.CODING: 5})
    express: int = 1

    def __post_init__(self) -> None:
        most = max([self.total + self.express * len(self.per_pool), *self.per_pool.values()])
        least = min([self.total, self.express, *self.per_pool.values()])
        if least < 0 or most > MOST_SLOTS:
            raise InputError(f"slot limits must be between 0 and {MOST_SLOTS}, including express slots")

    def of_pool(self, pool: Pool, priority: Priority) -> int | None:
        """Return how many jobs of `pool` may run before one of this priority must wait; None: no limit."""
        limit = self.per_pool.get(pool)
        return None if limit is None else limit + self._extra(priority)

    def of_all(self, priority: Priority) -> int:
        """Return the same limit for all limited pools together."""
        return self.total + self._extra(priority) * len(self.per_pool)

    def _extra(self, priority: Priority) -> int:
        return self.express if priority >= EXPRESS_FROM else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCount:
    """How many jobs of one pool, state and priority the ledger holds."""

    pool: Pool
    state: JobState
    priority: Priority
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFigures:
    """What a pool did in a window. Completion is from start to end of the last attempt, wait from due to its start."""

    pool: Pool
    processed: int
    failed: int
    completion_mean: timedelta
    completion_p50: timedelta
    completion_p95: timedelta
    completion_p99: timedelta
    wait_mean: timedelta
    wait_p95: timedelta


def entry_of(job: Job, event: str, *, by: str, at: datetime, outcome: str = "ok", owner: str | None = None) -> Entry:
    """Return the audit entry `job.<event>`. It leaves out the payload, which may contain what an entry must not.

    `owner` names the instance that lost the job.
    """
    details: dict[str, JsonValue] = {
        "name": job.name,
        "pool": job.pool.value,
        "priority": job.priority,
        "state": job.state.value,
        "attempt": job.attempt,
    }
    if owner is not None:
        details["lost_by"] = owner
    if job.error is not None:
        details["error"] = job.error[:MOST_ERROR_IN_ENTRY]
    return Entry(
        at=at,
        actor=by,
        action=f"job.{event}",
        subject=f"job:{job.id}",
        incident=job.incident,
        outcome=outcome,
        data=details,
    )


def retry_wait(attempt: int, *, first: timedelta = FIRST_RETRY) -> timedelta:
    """Return the wait before the attempt after `attempt` (counted from 1): `first`, doubling, at most 5 minutes."""
    return backoff(attempt, base=first, cap=timedelta(minutes=5))


def priority(value: int) -> Priority:
    """Return `value` as a priority.

    Raises:
        InputError: it is not between 1 and 10.
    """
    if not 1 <= value <= 10:  # noqa: PLR2004
        raise InputError(f"priority {value} is not between 1 (least urgent) and 10 (most urgent)")
    return Priority(value)


def asking(by: str) -> tuple[str, ...]:
    """Return the outside requester behind a job that `by` submits or replays; none if the fleet does so itself."""
    return () if is_fleet(by) else (by,)


def senders(dedupe_key: str | None) -> str | None:
    """Return a sender's dedupe key in a separate space, where it cannot suppress a job of the fleet."""
    return None if dedupe_key is None else f"sender:{starred(dedupe_key)}"
