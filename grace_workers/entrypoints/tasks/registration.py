"""Giving a Celery application its tasks: one per job name, all with the same body, and `grace.submit`."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from celery import Celery, Task
from celery.exceptions import Reject

from grace_workers.entrypoints.tasks.edge import EdgeRuntime, JobFunction, Ring, StayRungError, attend
from grace_workers.entrypoints.tasks.submission import SUBMIT, accept
from grace_workers.foundation.errors import TransientError

R = TypeVar("R", bound=EdgeRuntime)

# A message that cannot be answered now goes to the end of its lane; this keeps the lane from spinning.
_PAUSE = 0.5


def register(app: Celery, functions: Mapping[str, JobFunction[R]], runtime: Callable[[], R]) -> None:
    """Register a task per job name. `runtime` is called in the process that runs the task, never before a fork."""

    def ring(task: Task[Any, Any], /, job_id: str, **_version: Any) -> None:
        """Answer one doorbell. Keyword arguments of later schema versions are ignored: the ledger holds the job."""
        try:
            attend(runtime(), functions, _ring_of(task, job_id))
        except StayRungError as error:
            raise _given_back(error) from error

    def submit(task: Task[Any, Any], /, *_positional: Any, **kwargs: Any) -> None:
        try:
            accept(runtime(), functions.keys(), str(task.request.id), kwargs)
        except TransientError as error:
            raise _given_back(error) from error

    for name in functions:
        app.task(name=name, bind=True, shared=False, ignore_result=True)(ring)
    app.task(name=SUBMIT, bind=True, shared=False, ignore_result=True)(submit)


def _given_back(error: TransientError) -> Reject:
    """Return what tells Celery to leave the message on the broker, after a pause."""
    time.sleep(_PAUSE)
    return Reject(error, requeue=True)


def _ring_of(task: Task[Any, Any], job_id: str) -> Ring:
    """Return this delivery. Its tag is made once, when the bell is rung, and stays when the broker gives it again."""
    again = bool((task.request.delivery_info or {}).get("redelivered"))
    try:
        bell = UUID(str((task.request.properties or {}).get("delivery_tag")))
    except ValueError:
        return Ring(job_id=job_id, again=again)
    return Ring(job_id=job_id, bell=bell, again=again)
