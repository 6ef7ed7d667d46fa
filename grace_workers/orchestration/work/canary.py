"""The canary: a job without effect that goes through one node's pool and comes back, to show that the pool works."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from pydantic import Field

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import URGENT, Claim, Ending, Job, JobRequest, Pool, Succeeded
from grace_workers.orchestration.stores import Ledger

CANARY = "system.canary"


class CanaryOrder(Document):
    """What a canary carries."""

    nonce: str = Field(min_length=1, max_length=100)


@dataclass(frozen=True, slots=True)
class Flight:
    """The result of a canary: its job, and the nonce and the instance that it came back with, None until it has."""

    job: Job
    nonce: str | None = None
    instance: InstanceName | None = None


def canary_request(pool: Pool, instance: InstanceName, nonce: str) -> JobRequest:
    """Return the job. It is bound to `instance`, is tried once, and is not audited, because it changes nothing."""
    return JobRequest(
        name=CANARY,
        pool=pool,
        payload={"nonce": nonce},
        priority=URGENT,
        max_attempts=1,
        audited=False,
        only_on=instance,
        by=f"instance:{instance}",
    )


def run_canary(claim: Claim) -> Ending:
    """Bring the nonce back, with the name of the instance that ran it.

    Raises:
        InputError: the payload is not a canary's.
    """
    order = CanaryOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}")
    return Succeeded(result={"nonce": order.nonce, "instance": claim.instance})


def send(ledger: Ledger, request: JobRequest) -> JobId:
    """Submit a canary and return its job's id."""
    with ledger.transaction() as tx:
        return tx.jobs.submit([request])[0].id


def await_return(ledger: Ledger, job_id: JobId, *, pause: Callable[[], bool]) -> Flight:
    """Return the result of the canary once it has ended; `pause` waits a moment and says whether to look again.

    A canary that has not ended by then is cancelled, so that none starts in a pool long after it was needed.
    """
    while True:
        with ledger.transaction() as tx:
            job = tx.jobs.get(job_id)
        if job.state.ended:
            return landed(job)
        if not pause():
            break
    try:
        with ledger.transaction() as tx:
            return landed(tx.jobs.cancel(job_id))
    except (ConflictError, NotFoundError):
        # It came back at the last moment.
        with ledger.transaction() as tx:
            return landed(tx.jobs.get(job_id))


def patience(within: timedelta, clock: Callable[[], float], wait: Callable[[float], object]) -> Callable[[], bool]:
    """Return a pause for `await_return` that grows a little each time, and says no once `within` has passed."""
    ends = clock() + within.total_seconds()
    length = 0.01

    def pause() -> bool:
        nonlocal length
        wait(length)
        length = min(length * 1.5, 0.1)
        return clock() < ends

    return pause


def landed(job: Job) -> Flight:
    """Return the values that a canary's job came back with."""
    came: JsonValue = job.result
    if not isinstance(came, dict):
        return Flight(job)
    nonce, instance = came.get("nonce"), came.get("instance")
    return Flight(job, str(nonce), None if instance is None else InstanceName(str(instance)))
