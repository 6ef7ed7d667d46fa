"""Requeueing jobs: of dead instances, of lost children of live ones, past the time limit."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.jobs.rows import FREED, JOB, OWNER_LIVES
from grace_workers.adapters.postgres.statement import many, one
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import Job, Pool, entry_of

# SKIP LOCKED: a row that its frozen owner still holds in an open transaction is left for the next pass.
_PUT_BACK = f"""
WITH held AS (
    SELECT j.id, j.owner FROM jobs j WHERE j.state = 'running' AND {{whose}} FOR NO KEY UPDATE SKIP LOCKED
), changed AS (
    UPDATE jobs j SET state = 'queued', owner = NULL, due_at = clock_timestamp(), ring_at = clock_timestamp()
    FROM held WHERE held.id = j.id AND j.state = 'running'
    RETURNING {JOB}, held.owner AS late_owner, clock_timestamp() AS at
), freed AS ({FREED})
SELECT * FROM changed
"""  # noqa: S608 - only constants are put in

_OF_THE_DEAD = _PUT_BACK.format(whose=f"NOT {OWNER_LIVES}")
# A repeated doorbell proves nothing by itself, because anyone with the broker's password can ring it. The session of a
# process ends with the process. A session whose start may not be read counts as the one that claimed. A frozen process
# keeps its session, so an attempt that is ten seconds old is taken over nevertheless.
_HELD = """j.started_at > clock_timestamp() - interval '10 seconds'
    AND EXISTS (SELECT FROM pg_stat_activity a
        WHERE a.pid = j.session AND coalesce(a.backend_start <= j.started_at, true))"""
_OF_ONE_CHILD = _PUT_BACK.format(
    whose=f"j.id = %(id)s AND j.owner = %(owner)s AND (%(bell)s::uuid IS NULL OR (j.bell = %(bell)s AND NOT ({_HELD})))"
)
_IS_HELD = f"SELECT FROM jobs j WHERE j.id = %(id)s AND j.state = 'running' AND j.bell = %(bell)s AND {_HELD}"
_OF_ONE_INSTANCE = _PUT_BACK.format(whose="j.owner = %(owner)s AND (%(private)s OR j.only_on IS NULL)")
_OVERDUE = _PUT_BACK.format(
    whose="""EXISTS (SELECT FROM unnest(%(names)s::text[], %(seconds)s::float8[]) AS l (name, seconds)
        WHERE l.name = j.name AND j.started_at < clock_timestamp() - make_interval(secs => l.seconds))"""
)
_OF_ONE_POOL = _PUT_BACK.format(whose="j.owner = %(owner)s AND j.pool = %(pool)s")


def put_back(tx: PostgresTransaction) -> Sequence[Job]:
    """Requeue the running jobs of dead, departed and restarted instances, and free their slots.

    The attempt number stays: the next claim raises it and so fences the dead instance, should it wake.
    """
    return _put_back(tx, _OF_THE_DEAD, {})


def give_back(tx: PostgresTransaction, job_id: JobId, owner: InstanceName, bell: UUID | None = None) -> Job | None:
    """Requeue one running job of a live instance; None when `owner` does not run it, or not for that `bell`."""
    jobs = _put_back(tx, _OF_ONE_CHILD, {"id": job_id, "owner": owner, "bell": bell})
    return jobs[0] if jobs else None


def is_held(connection: Connection, job_id: JobId, bell: UUID) -> bool:
    """Return whether the process that answered `bell` runs the job and is connected."""
    return one(connection, _IS_HELD, {"id": job_id, "bell": bell}) is not None


def give_back_pool(tx: PostgresTransaction, owner: InstanceName, pool: Pool) -> Sequence[Job]:
    """Requeue what a live instance ran in one pool whose process it has lost."""
    return _put_back(tx, _OF_ONE_POOL, {"owner": owner, "pool": pool.value})


def hand_over(tx: PostgresTransaction, owner: InstanceName, *, private: bool) -> Sequence[Job]:
    """Requeue what a live instance runs, because it is quarantined or leaves; `private` ones only if requested."""
    return _put_back(tx, _OF_ONE_INSTANCE, {"owner": owner, "private": private})


class TimeLimits:
    """Takes the claim from attempts that run longer than their kind of job may. `limits` is by the job's name."""

    def __init__(self, engine: Engine, limits: Mapping[str, timedelta]) -> None:
        self._engine = engine
        self._values = {"names": list(limits), "seconds": [one.total_seconds() for one in limits.values()]}

    def enforce_once(self) -> Sequence[Job]:
        """Requeue overdue jobs and return them; their old attempts can commit nothing more.

        Raises:
            TransientError: the database is unreachable.
        """
        with translated(), self._engine.begin() as connection:
            return _put_back(PostgresTransaction(connection), _OVERDUE, self._values, event="timed_out")


def _put_back(
    tx: PostgresTransaction, statement: str, values: Mapping[str, Any], event: str = "taken_over"
) -> Sequence[Job]:
    jobs = []
    for row in many(tx.connection, statement, values):
        job = JOB.read(row)
        late_owner, at = row[-2:]
        tx.audit.append(entry_of(job, event, by="grace", at=at, owner=late_owner))
        jobs.append(job)
    return jobs
