"""Replaying or cancelling all jobs that match a filter, after a person has seen how many there are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.ids import JobId
from grace_workers.orchestration.job import Job, JobState, Pool
from grace_workers.orchestration.operations import replay
from grace_workers.orchestration.stores import LineLedger

MOST_AT_ONCE = 500
REPLAYABLE = frozenset({JobState.DEAD, JobState.FAILED, JobState.CANCELLED})
CANCELLABLE = frozenset({JobState.QUEUED, JobState.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs: of this state and, where given, of this pool and name."""

    state: JobState
    pool: Pool | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingJobs:
    """How many jobs matched `at` a time, at most `MOST_AT_ONCE`; `more` if there were more."""

    count: int
    more: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneToMany:
    """How many jobs were changed, and why others were not."""

    done: int
    skipped: Mapping[JobId, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCount:
    """What a person saw before deciding: so many jobs `at` that time. No other and not more are changed."""

    count: int
    at: datetime


def matching(ledger: LineLedger, clock: Clock, wanted: JobFilter) -> MatchingJobs:
    """Return how many jobs match now."""
    found = _find(ledger, wanted, MOST_AT_ONCE + 1)
    return MatchingJobs(count=min(len(found), MOST_AT_ONCE), more=len(found) > MOST_AT_ONCE, at=clock.now())


def replay_all(ledger: LineLedger, clock: Clock, wanted: JobFilter, shown: SeenCount, *, by: str) -> DoneToMany:
    """Replay the jobs that match, each in a transaction of its own.

    Raises:
        InputError: jobs in that state cannot be replayed.
    """
    _check(wanted, REPLAYABLE, "replayed")
    return _each(ledger, wanted, shown, lambda job: replay(ledger, clock, job, by=by))


def cancel_all(ledger: LineLedger, wanted: JobFilter, shown: SeenCount, *, by: str) -> DoneToMany:
    """Cancel the jobs that match. Raises InputError as `replay_all` does."""
    _check(wanted, CANCELLABLE, "cancelled")

    def cancel(job: JobId) -> Job:
        with ledger.transaction() as tx:
            return tx.jobs.cancel(job, by=by)

    return _each(ledger, wanted, shown, cancel)


def _each(ledger: LineLedger, wanted: JobFilter, shown: SeenCount, change: Callable[[JobId], Job]) -> DoneToMany:
    found = [one.id for one in _find(ledger, wanted, 2 * MOST_AT_ONCE) if _so_since(one) <= shown.at]
    done, skipped = 0, dict[JobId, str]()
    for job in found[: min(shown.count, MOST_AT_ONCE)]:
        try:
            change(job)
        except (ConflictError, NotFoundError) as error:
            skipped[job] = str(error)
        else:
            done += 1
    return DoneToMany(done=done, skipped=skipped)


def _so_since(job: Job) -> datetime:
    """Return since when the job certainly is in its state: one that came into it later was not seen."""
    begun = job.started_at if job.state is JobState.RUNNING else None
    return job.ended_at or begun or job.submitted_at


def _find(ledger: LineLedger, wanted: JobFilter, limit: int) -> Sequence[Job]:
    names = None if wanted.name is None else [wanted.name]
    with ledger.transaction() as tx:
        return tx.jobs.find(state=wanted.state, pool=wanted.pool, names=names, limit=limit)


def _check(wanted: JobFilter, fit: frozenset[JobState], verb: str) -> None:
    if wanted.state not in fit:
        known = ", ".join(sorted(fit))
        raise InputError(f"jobs that are {wanted.state} cannot be {verb}; only those that are {known}")
