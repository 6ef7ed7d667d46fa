"""Submitting tasks: an order and its headers become one durable job, in one transaction."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse

from grace_workers.actions import undeclared
from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.api.access import Caller, Known
from grace_workers.entrypoints.api.views.task import TaskView
from grace_workers.foundation.errors import ConflictError, InputError, TransientError
from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.orchestration.job import JobRequest, JobState
from grace_workers.orchestration.work.coding import code_request, the_code
from grace_workers.orchestration.work.coding_wishes import CodeTask
from grace_workers.orchestration.work.plans import bound, plan_request
from grace_workers.orchestration.work.requests import heal_request, refuse_unknown
from grace_workers.orchestration.work.tasks import SIGNAL, once, orchestration_request, task_of
from grace_workers.orchestration.work.wishes import HealTask, OrchestrationTask, PlanTask
from grace_workers.signals import Signal, named_target, plain_signals

_COUNTED_EVERY = 0.5


def _key(
    idempotency_key: Annotated[
        str | None,
        Header(max_length=200, description="the same key gives the same task, however often it is sent"),
    ] = None,
) -> str | None:
    return idempotency_key


IdempotencyKey = Annotated[str | None, Depends(_key)]


def healing_request(runtime: Runtime, caller: Caller, task: HealTask) -> JobRequest:
    """Return the job of a healing task. Raises InputError: the target or playbook is unknown."""
    refuse_unknown(task, runtime.line.targets, runtime.line.library())
    return heal_request(task, by=caller.name)


def orchestration_order(runtime: Runtime, caller: Caller, task: OrchestrationTask) -> JobRequest:
    """Return the job of an orchestration task.

    Raises:
        InputError: there is no such task, or its payload is not one signal of a declared target.
    """
    if task.name == SIGNAL:
        found = plain_signals(dict(task.payload), runtime.clock.now())
        if len(found) != 1:
            raise InputError("a signal task carries exactly one signal")
        refuse_unknown_targets(runtime, found)
    return orchestration_request(task, by=caller.name)


def coding_request(runtime: Runtime, caller: Caller, task: CodeTask) -> JobRequest:
    """Return the job of a coding task.

    Raises:
        InputError: its arguments do not fit, or the target is no code of ours.
    """
    the_code(task.target, runtime.line.targets)
    return code_request(task, by=caller.name)


def planned_request(runtime: Runtime, caller: Caller, task: PlanTask) -> JobRequest:
    """Return the job of a ready plan.

    Raises:
        InputError: a primitive, check or target is unknown, or a param does not fit.
    """
    bound(runtime.line, task.plan, incident=IncidentId(uuid7()), proposer=caller.name)
    return plan_request(task, by=caller.name)


def refuse_unknown_targets(runtime: Runtime, found: Sequence[Signal]) -> None:
    """Refuse signals that explicitly name a target that is not declared.

    Labels that only might name a target (`job`, `instance`) are left to correlation, which reports the result.

    Raises:
        InputError: the message lists what is declared.
    """
    for signal in found:
        named = signal.target
        if named is not None and named != named_target(signal.labels) and named not in runtime.line.targets:
            raise InputError(undeclared(named, runtime.line.targets))


class Backlog:
    """How many jobs are waiting, counted at most twice a second, so that a full fleet refuses work at no cost."""

    def __init__(self, runtime: Runtime, clock: Callable[[], float] = time.monotonic) -> None:
        self._runtime = runtime
        self._clock = clock
        self._lock = threading.Lock()
        self._counted_at = float("-inf")
        self._waiting = 0

    def refuse_when_full(self) -> None:
        """Refuse more work while too much is waiting; count what is admitted as one job. Raises TransientError."""
        most = self._runtime.settings.api.max_backlog
        with self._lock:
            if self._clock() - self._counted_at > _COUNTED_EVERY:
                with self._runtime.ledger.reading() as tx:
                    counts = tx.jobs.counts()
                self._waiting = sum(one.count for one in counts if one.state is JobState.QUEUED)
                self._counted_at = self._clock()
            waiting = self._waiting
            self._waiting += waiting < most
        if waiting >= most:
            raise TransientError(f"{waiting} jobs are already waiting; the limit is {most}")

    def add(self, jobs: int) -> None:
        """Count what was just admitted."""
        with self._lock:
            self._waiting += jobs


def room_left(request: Request, _caller: Known) -> None:
    """Refuse a request for more work before its body is read, while too much waits. Raises TransientError."""
    request.app.state.backlog.refuse_when_full()


Room = Annotated[None, Depends(room_left)]


def submit(runtime: Runtime, caller: Caller, request: JobRequest, key: str | None) -> JSONResponse:
    """Store the job and answer 202 with the task and its address."""
    wanted = request if key is None else once(request, caller.name, key)
    with runtime.ledger.transaction() as tx:
        (job,) = tx.jobs.submit([wanted])
        if key is not None and (job.name, job.payload) != (wanted.name, dict(wanted.payload)):
            raise ConflictError(f"the idempotency key was already used for another task, {job.id}; use a new key")
        view = TaskView.of_task(task_of(tx, job))
    return JSONResponse(view.model_dump(mode="json"), status_code=202, headers={"Location": f"/elite/tasks/{job.id}"})
