"""The job store: every transition of a job except its claim and its ending, inside the caller's transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from grace_workers.adapters.postgres.jobs.figures import COUNTS, FIGURES, SLICES, count_of, figures_of, slice_of
from grace_workers.adapters.postgres.jobs.rows import FREED, JOB, checked_json, ids, locked, unknown
from grace_workers.adapters.postgres.statement import many, one, stream
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import JobId
from grace_workers.foundation.tracing import current, span
from grace_workers.orchestration.events.topics.job_ended import DEFINITION as JOB_ENDED
from grace_workers.orchestration.events.topics.job_ended import job_ended
from grace_workers.orchestration.job import (
    Claim,
    FencedError,
    Job,
    JobCount,
    JobRequest,
    JobState,
    Pool,
    PoolFigures,
    asking,
    entry_of,
    require_open,
    require_replayable,
)
from grace_workers.orchestration.pool_slice import PoolSlice
from grace_workers.orchestration.stores import Publisher
from grace_workers.orchestration.stores.jobs import JobStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.work.doorbells import Doorbell

_TURNS = 5

_SUBMIT = f"""
INSERT INTO jobs AS j (id, name, pool, payload, priority, dedupe_key, incident, state, max_attempts, audited,
    submitted_at, due_at, ring_at, trace, only_on, asked_by)
SELECT a.id, a.name, a.pool, a.payload::json, a.priority, a.dedupe_key, a.incident, 'queued', a.max_attempts, a.audited,
    now(), greatest(a.not_before, now()),
    CASE WHEN a.not_before > now() THEN a.not_before ELSE now() + %(promise)s::interval END, a.trace, a.only_on,
    array_remove(ARRAY[a.asked_by], NULL)
FROM unnest(%(id)s::uuid[], %(name)s::text[], %(pool)s::text[], %(payload)s::text[], %(priority)s::smallint[],
    %(dedupe_key)s::text[], %(incident)s::uuid[], %(max_attempts)s::integer[], %(audited)s::boolean[],
    %(not_before)s::timestamptz[], %(trace)s::text[], %(only_on)s::text[], %(asked_by)s::text[])
    AS a (id, name, pool, payload, priority, dedupe_key, incident, max_attempts, audited, not_before, trace,
        only_on, asked_by)
ON CONFLICT DO NOTHING
RETURNING {JOB}
"""  # noqa: S608 - only constants are put in

_STANDING = f"""
SELECT {JOB} FROM jobs j
WHERE j.id = ANY(%(id)s::uuid[])
    OR (j.dedupe_key = ANY(%(dedupe_key)s::text[]) AND j.state IN ('queued', 'running'))
"""  # noqa: S608

_FIND = f"""
SELECT {JOB} FROM jobs j
WHERE (%(state)s::text IS NULL OR j.state = %(state)s) AND (%(pool)s::text IS NULL OR j.pool = %(pool)s)
    AND (%(names)s::text[] IS NULL OR j.name = ANY(%(names)s::text[]))
    AND (%(before)s::uuid IS NULL OR j.id < %(before)s::uuid)
ORDER BY j.id DESC LIMIT %(limit)s
"""  # noqa: S608

_ALL = f"SELECT {JOB} FROM jobs j ORDER BY j.id"  # noqa: S608

_HOLD = """
SELECT j.id FROM jobs j
WHERE j.id = %(id)s AND j.attempt = %(attempt)s AND j.owner = %(owner)s AND j.state = 'running' FOR NO KEY UPDATE
"""

_CANCEL = f"""
WITH changed AS (
    UPDATE jobs j SET state = 'cancelled', ended_at = clock_timestamp(), ring_at = NULL, waiting_slot = false
    WHERE j.id = %(id)s RETURNING {JOB}
), freed AS ({FREED})
SELECT * FROM changed
"""  # noqa: S608

_REPLAY = f"""
UPDATE jobs j SET state = 'queued', attempts_before = j.attempt, due_at = clock_timestamp(),
    ring_at = clock_timestamp(), owner = NULL, ended_at = NULL, result = NULL, error = NULL,
    asked_by = array_cat(j.asked_by, %(asked_by)s::text[])
WHERE j.id = %(id)s AND NOT EXISTS (
    SELECT FROM jobs o WHERE o.dedupe_key = j.dedupe_key AND o.state IN ('queued', 'running'))
RETURNING {JOB}
"""  # noqa: S608


class PostgresJobStore(PostgresStore, JobStore):
    """Implements `stores.JobStore`."""

    def submit(self, requests: Sequence[JobRequest]) -> Sequence[Job]:
        with span("job.submit", **{"grace.jobs": len(requests)}):
            return self._submit(requests)

    def _submit(self, requests: Sequence[JobRequest]) -> Sequence[Job]:
        found: dict[object, Job] = {}
        missing = list(requests)
        for _ in range(_TURNS):
            # One order for all submitters, so that two batches that share dedupe keys do not deadlock.
            self._insert(sorted(missing, key=lambda request: request.dedupe_key or ""), found)
            missing = [request for request in missing if _standing(request, found) is None]
            if not missing:
                break
        jobs = [_standing(request, found) for request in requests]
        if None in jobs:
            raise ConflictError("jobs with the same dedupe keys open and end too quickly to decide; submit again")
        return [job for job in jobs if job is not None]

    def get(self, job_id: JobId) -> Job:
        row = one(self._connection, f"SELECT {JOB} FROM jobs j WHERE j.id = %(id)s", {"id": job_id})  # noqa: S608
        if row is None:
            raise unknown(job_id)
        return JOB.read(row)

    def find(
        self,
        *,
        state: JobState | None = None,
        pool: Pool | None = None,
        names: Collection[str] | None = None,
        before: JobId | None = None,
        limit: int = 100,
    ) -> Sequence[Job]:
        values = {
            "state": state and state.value,
            "pool": pool and pool.value,
            "names": None if names is None else list(names),
            "before": before,
            "limit": limit,
        }
        return [JOB.read(row) for row in many(self._connection, _FIND, values)]

    def iter_all(self) -> Iterator[Job]:
        return map(JOB.read, stream(self._connection, _ALL, {}))

    def hold(self, claim: Claim) -> None:
        mine = {"id": claim.job.id, "attempt": claim.attempt, "owner": claim.instance}
        if one(self._connection, _HOLD, mine) is None:
            raise _fenced(claim)

    def cancel(self, job_id: JobId, *, by: str = "grace") -> Job:
        require_open(locked(self._connection, job_id))
        row = one(self._connection, _CANCEL, {"id": job_id})
        if row is None:
            raise unknown(job_id)
        job = self._record(JOB.read(row), "cancelled", by=by)
        tell_end(self._tx.events, job)
        return job

    def replay(self, job_id: JobId, *, by: str = "grace") -> Job:
        job = locked(self._connection, job_id)
        require_replayable(job)
        fresh = [name for name in asking(by) if name not in job.asked_by]
        row = one(self._connection, _REPLAY, {"id": job_id, "asked_by": fresh})
        if row is None:
            raise ConflictError(f"job {job_id}: another open job holds its dedupe key {job.dedupe_key!r}; wait for it")
        return self._record(JOB.read(row), "replayed", by=by)

    def counts(self) -> Sequence[JobCount]:
        return [count_of(row) for row in many(self._connection, COUNTS, {})]

    def figures(self, window: timedelta) -> Sequence[PoolFigures]:
        return figures_of(many(self._connection, FIGURES, {"window": window}))

    def slices(self, *, since: datetime, every: timedelta) -> Sequence[PoolSlice]:
        values = {"since": since, "seconds": every.total_seconds()}
        return [slice_of(row) for row in many(self._connection, SLICES, values)]

    def _insert(self, requests: Sequence[JobRequest], found: dict[object, Job]) -> None:
        values = _columns(requests)
        by = {request.id: request.by for request in requests}
        inserted = [JOB.read(row) for row in many(self._connection, _SUBMIT, {**values, "promise": self._tx.promise})]
        told = [entry_of(job, "submitted", by=by[job.id], at=job.submitted_at) for job in inserted if job.audited]
        if told:
            self._tx.audit.append_all(told)
        self._tx.due += [Doorbell.of(job) for job in inserted if job.not_before is None]
        _remember(found, inserted)
        rest = [request for request in requests if _standing(request, found) is None]
        if rest:
            standing = {
                "id": ids(request.id for request in rest),
                "dedupe_key": [request.dedupe_key for request in rest if request.dedupe_key is not None],
            }
            _remember(found, [JOB.read(row) for row in many(self._connection, _STANDING, standing)])

    def _record(self, job: Job, event: str, *, by: str, outcome: str = "ok") -> Job:
        at = job.ended_at or job.submitted_at
        self._tx.audit.append(entry_of(job, event, by=by, at=at, outcome=outcome))
        return job


def tell_end(events: Publisher, job: Job) -> None:
    """Publish how a job ended, if that ending is published at all."""
    body = job_ended(job)
    if body is not None:
        events.publish(JOB_ENDED, body)


def _columns(requests: Sequence[JobRequest]) -> dict[str, Any]:
    for request in requests:
        _check(request)
    return {
        "id": [request.id for request in requests],
        "name": [request.name for request in requests],
        "pool": [request.pool.value for request in requests],
        "payload": [
            checked_json(dict(request.payload), f"the payload of job {request.name!r}") for request in requests
        ],
        "priority": [request.priority for request in requests],
        "dedupe_key": [request.dedupe_key for request in requests],
        "incident": [request.incident for request in requests],
        "max_attempts": [request.max_attempts for request in requests],
        "audited": [request.audited for request in requests],
        "not_before": [request.not_before for request in requests],
        "trace": [request.trace or current() for request in requests],
        "only_on": [request.only_on for request in requests],
        "asked_by": [next(iter(asking(request.by)), None) for request in requests],
    }


def _check(request: JobRequest) -> None:
    if "\x00" in request.name or "\x00" in (request.dedupe_key or ""):
        raise InputError("a job's name and dedupe key cannot contain U+0000")
    if request.max_attempts < 1:
        raise InputError(f"job {request.name!r}: max_attempts {request.max_attempts} is below 1")


def _remember(found: dict[object, Job], jobs: Sequence[Job]) -> None:
    for job in jobs:
        found[job.id] = job
        if job.dedupe_key is not None and not job.state.ended:
            found[job.dedupe_key] = job


def _standing(request: JobRequest, found: Mapping[object, Job]) -> Job | None:
    job = found.get(request.id)
    if job is None and request.dedupe_key is not None:
        job = found.get(request.dedupe_key)
    return job


def _fenced(claim: Claim) -> FencedError:
    return FencedError(f"attempt {claim.attempt} of job {claim.job.id} no longer belongs to {claim.instance}")


DEFINITION = implements(JobStore)(PostgresJobStore)
