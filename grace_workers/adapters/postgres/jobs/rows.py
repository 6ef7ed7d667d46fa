"""The shape of a job's row, and the few statements that store, claimer, relay and fleet share."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from grace_workers.adapters.postgres.statement import one
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import IncidentId, InstanceName, JobId
from grace_workers.orchestration.job import Job, JobState, Pool, Priority
from grace_workers.orchestration.work.doorbells import Doorbell

COLUMNS = """j.id, j.name, j.pool, j.payload, j.priority, j.dedupe_key, j.incident, j.state, j.attempt, j.max_attempts,
    j.owner, j.due_at, j.submitted_at, j.started_at, j.ended_at, j.result, j.error, j.attempts_before, j.audited,
    j.trace, j.only_on, j.asked_by"""

BELL = "j.id, j.name, j.pool, j.priority, j.only_on"

# The owner of a running job lives when it is registered under the epoch that claimed, neither dead nor gone.
OWNER_LIVES = """EXISTS (SELECT FROM instances i WHERE i.name = j.owner AND i.epoch = j.owner_epoch
    AND i.died_at IS NULL AND i.left_at IS NULL)"""

FREED = "UPDATE slots s SET job_id = NULL FROM changed WHERE s.job_id = changed.id"


def job_of(row: Sequence[Any]) -> Job:
    """Return the job whose `COLUMNS` are the first of `row`."""
    id_, name, pool, payload, priority, dedupe_key, incident, state, attempt, max_attempts, *rest = row[:22]
    owner, due_at, submitted_at, started_at, ended_at, result, error, attempts_before, audited, *rest = rest
    trace, only_on, asked_by = rest
    return Job(
        id=JobId(id_),
        name=name,
        pool=Pool(pool),
        payload=payload,
        priority=Priority(priority),
        dedupe_key=dedupe_key,
        incident=None if incident is None else IncidentId(incident),
        state=JobState(state),
        attempt=attempt,
        max_attempts=max_attempts,
        owner=None if owner is None else InstanceName(owner),
        not_before=due_at if due_at > submitted_at else None,
        submitted_at=submitted_at,
        started_at=started_at,
        ended_at=ended_at,
        result=result,
        error=error,
        attempts_before=attempts_before,
        audited=audited,
        trace=trace,
        only_on=None if only_on is None else InstanceName(only_on),
        asked_by=tuple(asked_by),
    )


def loaded(row: Sequence[bytes | None]) -> list[Any]:
    """Return the values of a row that is one JSON array."""
    values: list[Any] = json.loads(row[0] or b"[]")
    return values


def job_in_json(values: Sequence[Any]) -> Job:
    """Return the job whose `COLUMNS` came as a JSON array."""
    found = list(values)
    found[0] = UUID(found[0])
    found[6] = None if found[6] is None else UUID(found[6])
    found[11:15] = map(time_of, found[11:15])
    return job_of(found)


def time_of(text: str | None) -> datetime | None:
    """Return a time that came as JSON, or None."""
    return None if text is None else datetime.fromisoformat(text)


def moment_of(text: str) -> datetime:
    """Return a time that came as JSON and cannot be missing."""
    return datetime.fromisoformat(text)


def bell_of(row: Sequence[Any]) -> Doorbell:
    """Return the doorbell whose `BELL` columns `row` is."""
    id_, name, pool, priority, only_on = row
    return Doorbell(
        job_id=JobId(id_),
        name=name,
        pool=Pool(pool),
        priority=Priority(priority),
        only_on=None if only_on is None else InstanceName(only_on),
    )


def locked(connection: Connection, job_id: JobId) -> Job:
    """Return one job with its row locked.

    Raises:
        NotFoundError: there is no such job.
    """
    row = one(connection, f"SELECT {COLUMNS} FROM jobs j WHERE id = %(id)s FOR NO KEY UPDATE", {"id": job_id})  # noqa: S608
    if row is None:
        raise unknown(job_id)
    return job_of(row)


def unknown(job_id: JobId) -> NotFoundError:
    """Return the error for a job that does not exist."""
    return NotFoundError(f"no job {job_id}; `grace job list` lists all")


def checked_json(value: JsonValue, what: str) -> str:
    """Return `value` as JSON text. Raises InputError, which names `what`, when it is none."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{what} is not JSON: {error}") from error


def ids(values: Iterable[JobId]) -> list[UUID]:
    """Return ids as an array parameter."""
    return list(values)
