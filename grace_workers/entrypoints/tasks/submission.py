"""`grace.submit`: how any Celery application of the user submits a job, without importing this product.

    `app.send_task("grace.submit", kwargs={"name": ..., "pool": ...}, queue="orchestration")`

Nothing proves who sent an order, because everyone who may push to the queue can. So it may request only what is open to
strangers, and its proposer is an application, which is not a person: no one's yes counts as that of a second person.
"""

import json
import re
from collections.abc import Mapping
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
from grace_workers.orchestration.job import NORMAL, Job, JobRequest, Pool, priority, senders
from grace_workers.orchestration.work.catalog import declared_jobs, job_at

log = structlog.get_logger(__name__)

SUBMIT = "grace.submit"
LARGEST_PAYLOAD = 256 * 1024
APPLICATION = "celery:"
_ANONYMOUS = "unnamed"
_APPLICATION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# What a foreign application may request, and from which pools.
OpenJobs = Mapping[str, frozenset[Pool]]


class SubmitForm(Document):
    """The keyword arguments of `grace.submit`."""

    name: str = Field(min_length=1, max_length=100)
    pool: Pool
    payload: dict[str, JsonValue] = Field(default_factory=dict)
    priority: int = NORMAL
    dedupe_key: str | None = Field(default=None, min_length=1, max_length=200)
    max_attempts: int = Field(default=5, ge=1, le=100)
    application: str | None = None


def submittable() -> OpenJobs:
    """Return the jobs that any Celery application may submit, and the pools it may name."""
    return {one.address: frozenset(one.pools) for one in declared_jobs() if one.submittable}


def accept(
    runtime: EdgeRuntime, task_id: str, kwargs: Mapping[str, Any], open_jobs: OpenJobs | None = None
) -> Job | None:
    """Store the job and return it; None when the form is refused, which is logged and audited.

    The job's id comes from the Celery task id, so a duplicated message gives one job, even after that job has
    ended.

    Raises:
        TransientError: the ledger is unreachable; do not acknowledge.
    """
    try:
        request = _request(task_id, kwargs, submittable() if open_jobs is None else open_jobs)
    except InputError as error:
        _refuse(runtime, task_id, redacted(str(error)))
        return None
    with runtime.ledger.transaction() as transaction:
        (job,) = transaction.jobs.submit([request])
    log.info("job_submitted", job_id=str(job.id), job=job.name, task_id=task_id)
    return job


def job_id_of(task_id: str) -> JobId:
    """Return the job id that corresponds to a Celery task id."""
    return JobId(uuid5(NAMESPACE_URL, f"celery-task:{task_id}"))


def _request(task_id: str, kwargs: Mapping[str, Any], open_jobs: OpenJobs) -> JobRequest:
    form = SubmitForm.read(dict(kwargs), SUBMIT)
    if form.name not in open_jobs:
        known = ", ".join(sorted(open_jobs))
        raise InputError(f"{SUBMIT}: {form.name[:80]!r} is not available to applications; available: {known}")
    if form.pool not in open_jobs[form.name]:
        pools = ", ".join(sorted(open_jobs[form.name]))
        raise InputError(f"{SUBMIT}: {form.name} cannot run in pool {form.pool}; use pool: {pools}")
    by = _sender(form)
    if len(json.dumps(form.payload)) > LARGEST_PAYLOAD:
        raise InputError(f"{SUBMIT}: the payload is larger than {LARGEST_PAYLOAD} bytes; store it and pass a reference")
    if "\\u0000" in json.dumps([form.payload, form.dedupe_key]):
        raise InputError(f"{SUBMIT}: the payload holds a NUL character; remove it")
    return JobRequest(
        id=job_id_of(task_id),
        name=form.name,
        pool=form.pool,
        payload=_payload(form, by),
        priority=priority(form.priority),
        # A separate space of keys, so that one application cannot suppress a job of another, or of a person.
        dedupe_key=senders(form.dedupe_key and f"{by}:{form.dedupe_key}"),
        max_attempts=form.max_attempts,
        by=by,
    )


def _sender(form: SubmitForm) -> str:
    claimed = form.application or form.payload.get("by") or _ANONYMOUS
    if not isinstance(claimed, str) or _APPLICATION_NAME.fullmatch(claimed) is None:
        raise InputError(f"{SUBMIT}: an application's name is 1 to 64 letters, digits, dots, dashes or underscores")
    return f"{APPLICATION}{claimed}"


def _payload(form: SubmitForm, by: str) -> Mapping[str, JsonValue]:
    """Return the payload with the application as the requester, whatever name it gave itself."""
    payload = cast("Mapping[str, JsonValue]", form.payload)
    definition = job_at(form.name)
    names_sender = definition is not None and "by" in definition.payload.model_fields
    return {**payload, "by": by} if names_sender else payload


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
