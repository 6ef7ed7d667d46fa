"""The first published paths: status, healing, coding, orchestration, tasks."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.coding import coding_knowledge, coding_tasks
from grace_workers.entrypoints.api.access import Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.submission import (
    IdempotencyKey,
    Room,
    coding_request,
    healing_request,
    orchestration_order,
    submit,
)
from grace_workers.entrypoints.api.views.coding import CodingKnowledgeView
from grace_workers.entrypoints.api.views.status import (
    KnowledgeListView,
    KnowledgeView,
    OrchestrationStatusView,
    StatusView,
    TrackRecordView,
)
from grace_workers.entrypoints.api.views.task import TaskView
from grace_workers.foundation.ids import JobId, parse_uuid
from grace_workers.orchestration import switches
from grace_workers.orchestration.job import JobState, Pool
from grace_workers.orchestration.queries import FleetFigures, agent_loads, figures
from grace_workers.orchestration.work.coding_wishes import CodeTask
from grace_workers.orchestration.work.tasks import asked_for, look_up, orderable, tasks_of
from grace_workers.orchestration.work.wishes import HealTask, OrchestrationTask

router = APIRouter(prefix="/elite", tags=["tasks"])

_REFUSALS = responses(400, 401, 403, 408, 413, 415, 422, 429, 503)
_READING = responses(401, 429, 503)


@router.get("/status", summary="The status of healing", responses=_READING)
def status(request: Request, runtime: Run, _caller: Viewer) -> StatusView:
    """Return nodes, pools, jobs, incidents and switches."""
    found = figures(runtime.ledger)
    fleet = request.app.state.fleet
    return StatusView.model_validate(
        {
            "instances": [one for one in fleet.instances() if one.in_fleet],
            "leader": fleet.has_leader(),
            "switches": switches.read(runtime.ledger),
            "coding_agent": f"does {', '.join(coding_tasks().names)}",
            **_figures(runtime, found),
        }
    )


@router.post(
    "/healing/task",
    status_code=202,
    response_model=TaskView,
    openapi_extra=described(HealTask),
    summary="Request the healing of a target",
    responses=_REFUSALS,
)
def healing_task(
    runtime: Run,
    caller: Operator,
    _room: Room,
    order: Annotated[HealTask, Depends(read_as(HealTask))],
    key: IdempotencyKey,
) -> JSONResponse:
    """Store one durable job and answer with its task. The token's name is the plan's proposer and so cannot approve."""
    return submit(runtime, caller, healing_request(runtime, caller, order), key)


@router.get("/healing/knowledge", summary="The knowledge about problems", responses=_READING)
def healing_knowledge(runtime: Run, _caller: Viewer) -> KnowledgeListView:
    """Return the causes that files describe, the learned entries, and the track record of every playbook."""
    with runtime.ledger.reading() as tx:
        learned, records = tx.records.knowledge(), tx.records.tracks()
    return KnowledgeListView(
        entries=[*map(KnowledgeView.of_cause, runtime.line.causes()), *map(KnowledgeView.of_entry, learned)],
        track_records=[TrackRecordView.of(one) for one in records],
    )


@router.post(
    "/coding/task",
    status_code=202,
    response_model=TaskView,
    openapi_extra=described(CodeTask),
    summary="Request a change of code",
    responses=_REFUSALS,
)
def coding_task(
    runtime: Run,
    caller: Operator,
    _room: Room,
    order: Annotated[CodeTask, Depends(read_as(CodeTask))],
    key: IdempotencyKey,
) -> JSONResponse:
    """Store one durable job and answer with its task, which ends with the plan that its patch becomes."""
    return submit(runtime, caller, coding_request(runtime, caller, order), key)


@router.get("/coding/knowledge", summary="The knowledge of the coding agent", responses=responses(401, 429))
def coding_knowledge_known(_caller: Viewer) -> CodingKnowledgeView:
    """Return the kinds of work and refactoring, the edits that repairs are made of, and the rules of the hunter."""
    return CodingKnowledgeView.model_validate(coding_knowledge())


@router.post(
    "/orchestration/task",
    status_code=202,
    response_model=TaskView,
    openapi_extra=described(OrchestrationTask),
    summary="Start one of the fleet's own jobs",
    responses=_REFUSALS,
)
def orchestration_task(
    runtime: Run,
    caller: Operator,
    _room: Room,
    order: Annotated[OrchestrationTask, Depends(read_as(OrchestrationTask))],
    key: IdempotencyKey,
) -> JSONResponse:
    """Store one durable job and answer with its task."""
    return submit(runtime, caller, orchestration_order(runtime, caller, order), key)


@router.get("/orchestration/status", summary="The status of orchestration", responses=_READING)
def orchestration_status(runtime: Run, _caller: Viewer) -> OrchestrationStatusView:
    """Return the orchestration pool's figures and the tasks that it accepts."""
    found = figures(runtime.ledger)
    return OrchestrationStatusView.model_validate(
        {"tasks": orderable(), "limits": runtime.settings.limits, **_figures(runtime, found)}
    )


@router.get("/tasks", summary="The newest tasks", responses=_READING)
def tasks(
    runtime: Run,
    _caller: Viewer,
    state: Annotated[JobState | None, Query(description="only jobs in this state")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[TaskView]:
    """Return submitted tasks, newest first, without their timelines."""
    return _newest(runtime, state, limit)


@router.get("/tasks/{task_id}", summary="One task", responses=responses(401, 404, 422, 429, 503))
def task(task_id: str, runtime: Run, _caller: Viewer) -> TaskView:
    """Return a task with the timeline of its incident."""
    wanted = JobId(parse_uuid(task_id, "task"))
    with runtime.ledger.reading() as tx:
        return TaskView.of_task(look_up(tx, wanted))


def _newest(runtime: Runtime, state: JobState | None, limit: int) -> list[TaskView]:
    with runtime.ledger.reading() as tx:
        newest = tx.jobs.find(names=asked_for(), state=state, limit=limit)
        return [TaskView.of_task(task) for task in tasks_of(tx, newest)]


def _figures(runtime: Runtime, found: FleetFigures) -> dict[str, Any]:
    limits = runtime.settings.limits
    loads = agent_loads(found.jobs, per_agent=limits.per_agent, together=limits.agents)
    return {
        "agents": {pool.value: load for pool, load in loads.items()},
        "pools": {pool.value: found.pools.get(pool) for pool in Pool},
        "jobs": found.jobs,
        "incidents": found.incidents,
        "episodes": found.episodes,
    }
