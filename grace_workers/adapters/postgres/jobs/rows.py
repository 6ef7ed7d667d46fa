"""The shape of a job's row, and the few statements that store, claimer, relay and fleet share."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.statement import one
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import JobId
from grace_workers.orchestration.job import Job
from grace_workers.orchestration.work.doorbells import Doorbell

JOB = Columns(Job, "j", not_before="CASE WHEN j.due_at > j.submitted_at THEN j.due_at END")

BELL = Columns(Doorbell, "j", job_id="j.id")

# The owner of a running job is alive if it is registered under the epoch that claimed, and neither dead nor gone.
OWNER_LIVES = """EXISTS (SELECT FROM instances i WHERE i.name = j.owner AND i.epoch = j.owner_epoch
    AND i.died_at IS NULL AND i.left_at IS NULL)"""

FREED = "UPDATE slots s SET job_id = NULL FROM changed WHERE s.job_id = changed.id"


def loaded(row: Sequence[bytes | None]) -> list[Any]:
    """Return the values of a row that is one JSON array."""
    values: list[Any] = json.loads(row[0] or b"[]")
    return values


def time_of(text: str | None) -> datetime | None:
    """Return a time that came as JSON, or None."""
    return None if text is None else datetime.fromisoformat(text)


def moment_of(text: str) -> datetime:
    """Return a time that came as JSON and cannot be missing."""
    return datetime.fromisoformat(text)


def locked(connection: Connection, job_id: JobId) -> Job:
    """Return one job with its row locked.

    Raises:
        NotFoundError: there is no such job.
    """
    row = one(connection, f"SELECT {JOB} FROM jobs j WHERE id = %(id)s FOR NO KEY UPDATE", {"id": job_id})  # noqa: S608
    if row is None:
        raise unknown(job_id)
    return JOB.read(row)


def unknown(job_id: JobId) -> NotFoundError:
    """Return the error for a job that does not exist."""
    return NotFoundError(f"no job {job_id}; `grace job list` lists all")


def checked_json(value: JsonValue, what: str) -> str:
    """Return `value` as JSON text. Raises InputError, which names `what`, if it is not JSON."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{what} is not JSON: {error}") from error


def ids(values: Iterable[JobId]) -> list[UUID]:
    """Return ids as an array parameter."""
    return list(values)
