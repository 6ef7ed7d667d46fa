"""Giving a Celery application its tasks: one per job name, all with the same body, and `grace.submit`."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import structlog
from celery import Celery, Task
from celery.exceptions import Reject

from grace_workers.entrypoints.tasks.edge import (
    EdgeRuntime,
    JobFunction,
    Ring,
    StayRungError,
    UnanswerableError,
    attend,
)
from grace_workers.entrypoints.tasks.submission import SUBMIT, OpenJobs, accept
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.redaction import redacted
from grace_workers.orchestration.job import Pool

log = structlog.get_logger(__name__)

R = TypeVar("R", bound=EdgeRuntime)

# A message that cannot be answered now goes to the end of its lane; this pause keeps the lane from spinning.
_PAUSE = 0.5


def register(
    app: Celery,
    functions: Mapping[str, JobFunction[R]],
    runtime: Callable[[], R],
    *,
    open_jobs: OpenJobs | None = None,
) -> None:
    """Register a task per job name, and `grace.submit`, by which applications may request `open_jobs` alone.

    None stands for the jobs that are declared as `submittable`. `runtime` is called in the process that runs the
    task, never before a fork.
    """

    def ring(task: Task[Any, Any], /, *named: Any, **_version: Any) -> None:
        """Answer one doorbell. Keyword arguments of later schema versions are ignored: the ledger holds the job."""
        try:
            attend(runtime(), functions, _ring_of(task, named))
        except StayRungError as error:
            raise _given_back(error) from error
        except UnanswerableError as error:
            raise _parked(error) from error

    def submit(task: Task[Any, Any], /, *_positional: Any, **kwargs: Any) -> None:
        try:
            accept(runtime(), str(task.request.id), kwargs, open_jobs)
        except TransientError as error:
            raise _given_back(error) from error
        except Exception as error:  # the task edge: whatever is odd in an order must not be acknowledged as done
            raise _parked(error) from error

    for name in functions:
        app.task(name=name, bind=True, shared=False, ignore_result=True)(ring)
    app.task(name=SUBMIT, bind=True, shared=False, ignore_result=True)(submit)


def _given_back(error: TransientError) -> Reject:
    """Return what tells Celery to leave the message on the broker, after a pause."""
    time.sleep(_PAUSE)
    return Reject(error, requeue=True)


def _parked(error: Exception) -> Reject:
    """Return what tells Celery that no job can be claimed with the message: the transport parks it."""
    log.error("message_unanswerable", error=redacted(f"{type(error).__name__}: {error}")[:500])
    return Reject(error, requeue=False)


def _ring_of(task: Task[Any, Any], named: Sequence[Any]) -> Ring:
    """Return this delivery. Its tag is made once, when the doorbell is rung, and stays when the broker redelivers it.

    Raises:
        UnanswerableError: it does not name one job.
    """
    if len(named) != 1 or not isinstance(named[0], str):
        raise UnanswerableError("a doorbell names one job by its id")
    delivery = task.request.delivery_info or {}
    again, pool = bool(delivery.get("redelivered")), _pool_of(str(task.request.hostname))
    try:
        bell = UUID(str((task.request.properties or {}).get("delivery_tag")))
    except ValueError:
        return Ring(job_id=named[0], again=again, pool=pool)
    return Ring(job_id=named[0], bell=bell, again=again, pool=pool)


def _pool_of(hostname: str) -> Pool | None:
    """Return the pool of the worker of this name, such as `healing@node`; None for one that is no pool's."""
    name = hostname.partition("@")[0]
    return Pool(name) if name in set(Pool) else None
