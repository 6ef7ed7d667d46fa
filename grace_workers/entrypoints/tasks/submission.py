"""`grace.submit`: how any Celery application of the user's hands in a job, without importing this product.

`app.send_task("grace.submit", kwargs={"name": ..., "pool": ...}, queue="orchestration")`
"""

import json
from collections.abc import Collection, Mapping
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

import structlog
from pydantic import Field

from grace_workers.audit import Entry
from grace_workers.entrypoints.tasks.edge import EdgeRuntime
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import JobId
from grace_workers.foundation.redaction import redacted
from grace_workers.orchestration.jobs import NORMAL, Job, JobRequest, Pool, priority, senders

log = structlog.get_logger(__name__)

SUBMIT = "grace.submit"
LARGEST_PAYLOAD = 256 * 1024


class SubmitForm(Document):
    """The keyword arguments of `grace.submit`."""

    name: str = Field(min_length=1, max_length=100)
    pool: Pool
    payload: dict[str, JsonValue] = Field(default_factory=dict)
    priority: int = NORMAL
    dedupe_key: str | None = Field(default=None, min_length=1, max_length=200)
    max_attempts: int = Field(default=5, ge=1, le=100)


def accept(runtime: EdgeRuntime, known: Collection[str], task_id: str, kwargs: Mapping[str, Any]) -> Job | None:
    """Store the job and return it; None when the form is refused, which is logged and audited.

    The job's id comes from the Celery task id, so a doubled message gives one job, even after that job has ended.

    Raises:
        TransientError: the ledger is out of reach; do not acknowledge.
    """
    try:
        request = _request(known, task_id, kwargs)
    except InputError as error:
        _refuse(runtime, task_id, redacted(str(error)))
        return None
    with runtime.ledger.transaction() as transaction:
        (job,) = transaction.jobs.submit([request])
    log.info("job_submitted", job_id=str(job.id), job=job.name, task_id=task_id)
    return job


def job_id_of(task_id: str) -> JobId:
    """Return the job id that a Celery task id stands for."""
    return JobId(uuid5(NAMESPACE_URL, f"celery-task:{task_id}"))


def _request(known: Collection[str], task_id: str, kwargs: Mapping[str, Any]) -> JobRequest:
    form = SubmitForm.read(dict(kwargs), SUBMIT)
    if form.name not in known:
        raise InputError(f"{SUBMIT}: no job is named {form.name!r}; known: {', '.join(sorted(known))}")
    if len(json.dumps(form.payload)) > LARGEST_PAYLOAD:
        raise InputError(f"{SUBMIT}: the payload is larger than {LARGEST_PAYLOAD} bytes; store it and pass a reference")
    if "\\u0000" in json.dumps([form.payload, form.dedupe_key]):
        raise InputError(f"{SUBMIT}: the payload holds a NUL character; remove it")
    return JobRequest(
        id=job_id_of(task_id),
        name=form.name,
        pool=form.pool,
        payload=cast("Mapping[str, JsonValue]", form.payload),
        priority=priority(form.priority),
        dedupe_key=senders(form.dedupe_key),
        max_attempts=form.max_attempts,
        by="celery",
    )


def _refuse(runtime: EdgeRuntime, task_id: str, why: str) -> None:
    log.error("submission_refused", task_id=task_id[:100], error=why)
    entry = Entry(
        at=runtime.clock.now(),
        actor="celery",
        action="job.submission_refused",
        subject=f"task:{task_id[:100]}",
        outcome="refused",
        data={"error": why},
    )
    with runtime.ledger.transaction() as transaction:
        transaction.audit.append(entry)
