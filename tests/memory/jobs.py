"""The job ledger in memory: the same rules as PostgreSQL's, tested by the same conformance suite."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.foundation.tracing import current, span
from grace_workers.orchestration.events.topics.job_ended import DEFINITION as JOB_ENDED
from grace_workers.orchestration.events.topics.job_ended import job_ended
from grace_workers.orchestration.job import (
    Claim,
    Ending,
    FencedError,
    Job,
    JobCount,
    JobRequest,
    JobState,
    Pool,
    PoolFigures,
    SlotLimits,
    asking,
    entry_of,
    exhausted,
    require_open,
    require_replayable,
    retry_wait,
    settle,
)
from grace_workers.orchestration.pool_slice import PoolSlice
from grace_workers.orchestration.stores import AuditAppender, Publisher
from grace_workers.orchestration.stores.jobs import JobStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.work.schedule import slot_at
from tests.memory.transaction import MemoryTransaction

_COUNTED = frozenset({JobState.QUEUED, JobState.RUNNING, JobState.DEAD})
_WORKED = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.DEAD})


class MemoryJobStore(JobStore):
    """Jobs inside one transaction of the memory ledger."""

    def __init__(
        self, table: Callable[[str], dict[Any, Any]], audit: AuditAppender, events: Publisher, clock: Clock
    ) -> None:
        self._jobs: dict[JobId, Job] = table("jobs")
        self._settled: dict[JobId, int] = table("settled")
        self._slots: dict[tuple[str, int], JobId] = table("slots")
        self._audit = audit
        self._events = events
        self._clock = clock

    def submit(self, requests: Sequence[JobRequest]) -> Sequence[Job]:
        with span("job.submit", **{"grace.jobs": len(requests)}):
            return [self._submit(request) for request in requests]

    def get(self, job_id: JobId) -> Job:
        try:
            return self._jobs[job_id]
        except KeyError:
            raise NotFoundError(f"no job {job_id}; `grace job list` lists all") from None

    def find(
        self,
        *,
        state: JobState | None = None,
        pool: Pool | None = None,
        names: Collection[str] | None = None,
        before: JobId | None = None,
        limit: int = 100,
    ) -> Sequence[Job]:
        found = [
            job
            for job in self._jobs.values()
            if state in {None, job.state} and pool in {None, job.pool} and (names is None or job.name in names)
            if before is None or job.id < before
        ]
        return sorted(found, key=lambda job: job.id, reverse=True)[:limit]

    def iter_all(self) -> Iterator[Job]:
        return iter(sorted(self._jobs.values(), key=lambda job: job.id))

    def hold(self, claim: Claim) -> None:
        job = self._jobs.get(claim.job.id)
        mine = job is not None and (job.attempt, job.owner, job.state) == (
            claim.attempt,
            claim.instance,
            JobState.RUNNING,
        )
        if not mine:
            raise FencedError(f"attempt {claim.attempt} of job {claim.job.id} no longer belongs to {claim.instance}")

    def finish(self, claim: Claim, ending: Ending) -> Job:
        """Record how the attempt ended and free its slot. Raises FencedError when it is not ours."""
        self.hold(claim)
        settlement = settle(claim.job, ending, retry_wait(claim.job.tries))
        _require_json(settlement.result, "a job's result")
        now = self._clock.now()
        again = settlement.wait is not None
        job = replace(
            self.get(claim.job.id),
            state=settlement.state,
            result=settlement.result,
            error=settlement.error,
            owner=None if again else claim.instance,
            ended_at=None if again else now,
        )
        if settlement.wait is not None:
            job = replace(job, not_before=now + settlement.wait)
        self._settled[job.id] = claim.attempt
        self._put(job)
        if job.audited and job.state.ended:
            outcome = "ok" if job.state is JobState.SUCCEEDED else "failed"
            self._record(job, job.state.value, by=claim.instance, outcome=outcome)
        self._tell(job)
        return job

    def cancel(self, job_id: JobId, *, by: str = "grace") -> Job:
        job = self.get(job_id)
        require_open(job)
        job = self._put(replace(job, state=JobState.CANCELLED, ended_at=self._clock.now()))
        self._tell(job)
        return self._record(job, "cancelled", by=by)

    def replay(self, job_id: JobId, *, by: str = "grace") -> Job:
        job = self.get(job_id)
        require_replayable(job)
        if self._open(job.dedupe_key) is not None:
            raise ConflictError(f"job {job_id}: another open job holds its dedupe key {job.dedupe_key!r}; wait for it")
        fresh = replace(
            job,
            state=JobState.QUEUED,
            attempts_before=job.attempt,
            not_before=None,
            owner=None,
            ended_at=None,
            result=None,
            error=None,
            asked_by=tuple(dict.fromkeys((*job.asked_by, *asking(by)))),
        )
        return self._record(self._put(fresh), "replayed", by=by)

    def counts(self) -> Sequence[JobCount]:
        now = self._clock.now()
        due = (job for job in self._jobs.values() if job.not_before is None or job.not_before <= now)
        groups = Counter((job.pool, job.state, job.priority) for job in due if job.state in _COUNTED)
        ordered = sorted(groups.items(), key=lambda group: (group[0][0], group[0][1], -group[0][2]))
        return [JobCount(pool=pool, state=state, priority=priority, count=n) for (pool, state, priority), n in ordered]

    def figures(self, window: timedelta) -> Sequence[PoolFigures]:
        since = self._clock.now() - window
        worked = [job for job in self._jobs.values() if job.state in _WORKED and job.ended_at and job.ended_at > since]
        return [_figures(pool, [job for job in worked if job.pool is pool]) for pool in Pool]

    def slices(self, *, since: datetime, every: timedelta) -> Sequence[PoolSlice]:
        found: dict[tuple[str, datetime], list[Job]] = {}
        for job in self._jobs.values():
            if job.state in _WORKED and job.ended_at and job.ended_at >= since:
                found.setdefault((job.pool.value, slot_at(job.ended_at, every)), []).append(job)
        return [_slice(at, found[pool, at]) for pool, at in sorted(found)]

    def claim(self, job_id: JobId, instance: InstanceName, limits: SlotLimits) -> Job | None:
        """Take a due, queued job if a slot is free, or declare it dead when its attempts are used up."""
        job = self.get(job_id)
        now = self._clock.now()
        if job.state is not JobState.QUEUED or (job.not_before is not None and job.not_before > now):
            return None
        if job.tries >= job.max_attempts:
            dead = self._put(replace(job, state=JobState.DEAD, error=exhausted(job), ended_at=now))
            self._record(dead, "dead", by="grace", outcome="failed")
            self._tell(dead)
            return None
        if not self._take_places(job, limits):
            return None
        running = replace(job, state=JobState.RUNNING, attempt=job.attempt + 1, owner=instance, started_at=now)
        return self._put(running)

    def put_back(self, owner: InstanceName, *, only: JobId | None = None) -> Sequence[Job]:
        """Requeue what a dead instance ran, or `only` one job of it, and free the slots."""
        running = [job for job in self._jobs.values() if job.state is JobState.RUNNING and job.owner == owner]
        held = [job for job in running if only in {None, job.id}]
        jobs = []
        for job in held:
            back = self._put(replace(job, state=JobState.QUEUED, owner=None, not_before=None))
            entry = entry_of(back, "taken_over", by="grace", at=self._clock.now(), owner=owner)
            self._audit.append(entry)
            jobs.append(back)
        return jobs

    def settled(self, claim: Claim) -> Job | None:
        """Return the job if this very attempt has recorded its ending."""
        return self._jobs[claim.job.id] if self._settled.get(claim.job.id) == claim.attempt else None

    def _submit(self, request: JobRequest) -> Job:
        _check(request)
        standing = self._jobs.get(request.id) or self._open(request.dedupe_key)
        if standing is not None:
            return standing
        now = self._clock.now()
        later = request.not_before is not None and request.not_before > now
        job = Job(
            id=request.id,
            name=request.name,
            pool=request.pool,
            payload=dict(request.payload),
            priority=request.priority,
            dedupe_key=request.dedupe_key,
            incident=request.incident,
            state=JobState.QUEUED,
            attempt=0,
            max_attempts=request.max_attempts,
            owner=None,
            not_before=request.not_before if later else None,
            submitted_at=now,
            started_at=None,
            ended_at=None,
            result=None,
            error=None,
            audited=request.audited,
            trace=request.trace or current(),
            only_on=request.only_on,
            asked_by=asking(request.by),
        )
        self._put(job)
        return self._record(job, "submitted", by=request.by) if job.audited else job

    def _open(self, dedupe_key: str | None) -> Job | None:
        if dedupe_key is None:
            return None
        held = (job for job in self._jobs.values() if job.dedupe_key == dedupe_key and not job.state.ended)
        return next(held, None)

    def _take_places(self, job: Job, limits: SlotLimits) -> bool:
        limit = None if job.only_on is not None else limits.of_pool(job.pool, job.priority)
        if limit is None:
            return True
        places = [self._free(job.pool.value, limit), self._free("agents", limits.of_all(job.priority))]
        taken = [place for place in places if place is not None]
        if len(taken) < len(places):
            return False
        self._slots.update(dict.fromkeys(taken, job.id))
        return True

    def _free(self, scope: str, limit: int) -> tuple[str, int] | None:
        return next(((scope, number) for number in range(1, limit + 1) if (scope, number) not in self._slots), None)

    def _put(self, job: Job) -> Job:
        self._jobs[job.id] = job
        if job.state is not JobState.RUNNING:
            for place in [place for place, holder in self._slots.items() if holder == job.id]:
                del self._slots[place]
        return job

    def _tell(self, job: Job) -> None:
        body = job_ended(job)
        if body is not None:
            self._events.publish(JOB_ENDED, body)

    def _record(self, job: Job, event: str, *, by: str, outcome: str = "ok") -> Job:
        self._audit.append(entry_of(job, event, by=by, at=self._clock.now(), outcome=outcome))
        return job


def _check(request: JobRequest) -> None:
    if "\x00" in request.name or "\x00" in (request.dedupe_key or ""):
        raise InputError("a job's name and dedupe key cannot contain U+0000")
    if request.max_attempts < 1:
        raise InputError(f"job {request.name!r}: max_attempts {request.max_attempts} is below 1")
    _require_json(dict(request.payload), f"the payload of job {request.name!r}")


def _require_json(value: Any, what: str) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{what} is not JSON: {error}") from error


def _figures(pool: Pool, jobs: Sequence[Job]) -> PoolFigures:
    took = sorted(job.ended_at - job.started_at for job in jobs if job.ended_at and job.started_at)
    waited = sorted(job.started_at - (job.not_before or job.submitted_at) for job in jobs if job.started_at)
    return PoolFigures(
        pool=pool,
        processed=len(jobs),
        failed=sum(1 for job in jobs if job.state is not JobState.SUCCEEDED),
        completion_mean=_mean(took),
        completion_p50=_percentile(took, 50),
        completion_p95=_percentile(took, 95),
        completion_p99=_percentile(took, 99),
        wait_mean=_mean(waited),
        wait_p95=_percentile(waited, 95),
    )


def _slice(at: datetime, jobs: Sequence[Job]) -> PoolSlice:
    failed = sum(1 for job in jobs if job.state is not JobState.SUCCEEDED)
    waited = [job.started_at - (job.not_before or job.submitted_at) for job in jobs if job.started_at]
    return PoolSlice(pool=jobs[0].pool, at=at, ended=len(jobs), failed=failed, waited=_mean(waited))


def _mean(spans: Iterable[timedelta]) -> timedelta:
    listed = list(spans)
    return sum(listed, timedelta(0)) / len(listed) if listed else timedelta(0)


def _percentile(spans: Sequence[timedelta], percent: int) -> timedelta:
    """Return the smallest span that at least `percent` of them do not exceed. `spans` are sorted."""
    if not spans:
        return timedelta(0)
    return spans[max(-(-len(spans) * percent // 100) - 1, 0)]


def _make(tx: MemoryTransaction) -> MemoryJobStore:
    return MemoryJobStore(tx.table, tx.audit, tx.events, tx.clock)


DEFINITION = implements(JobStore)(_make)
