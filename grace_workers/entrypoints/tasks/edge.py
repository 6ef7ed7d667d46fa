"""The task edge: from a doorbell to a recorded ending. The one place on the worker's side that catches everything.

Returning means "acknowledge the doorbell"; `StayRungError` means "leave it on the broker".
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

import structlog

from grace_workers.entrypoints.tasks.span_log import SpanLog
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import (
    ConflictError,
    GraceError,
    InputError,
    NotFoundError,
    TransientError,
)
from grace_workers.foundation.ids import InstanceName, JobId, parse_uuid
from grace_workers.foundation.redaction import redacted
from grace_workers.foundation.tracing import Tracer, past, root, trace_id
from grace_workers.orchestration.fleet.job_look import named_thread
from grace_workers.orchestration.job import (
    Claim,
    Ending,
    FencedError,
    HeldError,
    JobFailed,
    JobState,
    Pool,
    Succeeded,
    TryAgain,
)
from grace_workers.orchestration.ports import JobClaimer
from grace_workers.orchestration.stores import Ledger

log = structlog.get_logger(__name__)

ENDED, FENCED = "job_attempt_ended", "attempt_fenced"


class EdgeRuntime(Protocol):
    """What the edge needs of the process's runtime."""

    @property
    def ledger(self) -> Ledger:
        """Where transactions come from."""
        ...

    @property
    def claims(self) -> JobClaimer:
        """Where jobs are taken and finished."""
        ...

    @property
    def instance(self) -> InstanceName:
        """The node this process belongs to."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def tracer(self) -> Tracer | None:
        """Where spans go; None if tracing is off."""
        ...


R = TypeVar("R", bound=EdgeRuntime)
JobFunction = Callable[[R, Claim], Ending]


class StayRungError(TransientError):
    """The doorbell must stay on the broker: its job could not be looked up, or its ending was not recorded."""


class UnanswerableError(InputError):
    """No job can be claimed with this doorbell, now or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One delivery of a doorbell. `again`: the process that held it before has died, frozen or given it back.

    `pool` is that of the worker which took it; None if there are no pools to confuse.
    """

    job_id: str
    bell: UUID | None = None
    again: bool = False
    pool: Pool | None = None


def attend(runtime: R, functions: Mapping[str, JobFunction[R]], ring: Ring) -> None:
    """Claim the job, run it, record its ending.

    Raises:
        StayRungError: the ledger stayed unreachable; do not acknowledge.
        UnanswerableError: there is no such job, or not in the pool in which it was rung.
    """
    with structlog.contextvars.bound_contextvars(job_id=ring.job_id, instance=runtime.instance):
        asked = runtime.clock.now()
        claim = _claimed(runtime, ring)
        if claim is None:
            log.debug("doorbell_without_work")
            return
        with _followed(runtime, claim, asked), named_thread(str(claim.job.id), claim.attempt):
            # Its log, if it lasts, goes back to here.
            log.debug("job_attempt_began", job=claim.job.name, attempt=claim.attempt)
            ending = _ending(runtime, functions, claim)
            if ending is not None:
                _finish(runtime, claim, ending)


@contextmanager
def _followed(runtime: EdgeRuntime, claim: Claim, asked: datetime) -> Iterator[None]:
    """Bind what every log line of this attempt carries, and open its span, which is traced if tracing is on."""
    job = claim.job
    bound = {"incident_id": None if job.incident is None else str(job.incident), "trace": trace_id(job.trace)}
    with structlog.contextvars.bound_contextvars(**{name: value for name, value in bound.items() if value is not None}):
        about: dict[str, str | float] = {
            "grace.job": str(job.id),
            "grace.attempt": claim.attempt,
            "grace.pool": job.pool.value,
        }
        with root(SpanLog(runtime.tracer), f"job {job.name}", job.trace, **about):
            due = job.not_before or job.submitted_at
            past("job.wait", job.trace, due, asked, **{"grace.job": str(job.id)})
            past("job.claim", job.trace, asked, runtime.clock.now(), **{"grace.job": str(job.id)})
            yield


def _claimed(runtime: R, ring: Ring) -> Claim | None:
    try:
        job_id = JobId(parse_uuid(ring.job_id, "job id"))
        claim = runtime.claims.claim(job_id, runtime.instance, bell=ring.bell, pool=ring.pool)
        if claim is None and ring.again and ring.bell is not None and _give_back(runtime, job_id, ring.bell):
            claim = runtime.claims.claim(job_id, runtime.instance, bell=ring.bell, pool=ring.pool)
    except (InputError, NotFoundError) as error:
        raise UnanswerableError(str(error)) from error
    except HeldError as error:
        # It may be frozen or cut off; the doorbell is kept until it has ended, or its time is up.
        raise StayRungError(str(error)) from error
    except Exception as error:  # whatever ails the ledger must not end the job
        raise _stay_rung("claim", error) from error
    return claim


def _give_back(runtime: R, job_id: JobId, bell: UUID) -> bool:
    """Requeue the attempt that answered this very doorbell: its process lost the lease, though its node may live.

    A job that was requeued in another way has been rung again, and that attempt is not ours to end.
    """
    with runtime.ledger.transaction() as transaction:
        job = transaction.jobs.get(job_id)
    if job.state is not JobState.RUNNING or job.owner is None:
        return False
    if runtime.claims.give_back(job_id, job.owner, bell=bell) is None:
        return False
    log.warning("lost_attempt_taken_over", attempt=job.attempt, owner=job.owner)
    return True


def _ending(runtime: R, functions: Mapping[str, JobFunction[R]], claim: Claim) -> Ending | None:
    """Run the job's function; every error becomes an ending, except a lost claim."""
    function = functions.get(claim.job.name)
    if function is None:
        return JobFailed(error=f"no job is named {claim.job.name!r} here; known: {', '.join(sorted(functions))}")
    try:
        return function(runtime, claim)
    except FencedError as error:
        log.warning(FENCED, attempt=claim.attempt, error=str(error))
        return None
    except (TransientError, ConflictError) as error:
        return TryAgain(error=redacted(str(error)), after=getattr(error, "retry_after", None))
    except GraceError as error:
        return JobFailed(error=redacted(str(error)))
    except Exception as error:
        log.exception("job_raised", job=claim.job.name, attempt=claim.attempt)
        return TryAgain(error=redacted(f"{type(error).__name__}: {error}"))


def _finish(runtime: R, claim: Claim, ending: Ending) -> None:
    try:
        job = runtime.claims.finish(claim, ending)
    except FencedError:
        job = None
    except Exception as error:  # whatever ails the ledger must not end the job
        raise _stay_rung("finish", error) from error
    if job is None:
        log.warning(FENCED, attempt=claim.attempt)
        return
    # The ledger and its audit log record every ending; a line per success would cost more than a small job itself.
    note = log.debug if isinstance(ending, Succeeded) else log.warning
    note(ENDED, job=job.name, attempt=claim.attempt, state=job.state, ending=type(ending).__name__)


def _stay_rung(step: str, error: Exception) -> StayRungError:
    why = redacted(f"{type(error).__name__}: {error}")
    log.warning("ledger_out_of_reach", step=step, error=why)
    return StayRungError(f"cannot {step} the job now: {why}")
