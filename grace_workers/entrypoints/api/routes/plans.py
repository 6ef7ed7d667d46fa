"""Ready plans: they are governed, executed and verified like any other plan."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from grace_workers.entrypoints.api.access import Operator, Run
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.submission import IdempotencyKey, Room, planned_request, submit
from grace_workers.entrypoints.api.views.task import TaskView
from grace_workers.orchestration.work.wishes import PlanTask

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])


@router.post(
    "",
    status_code=202,
    response_model=TaskView,
    openapi_extra=described(PlanTask),
    summary="Submit a ready plan",
    responses=responses(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
)
def submit_plan(
    runtime: Run,
    caller: Operator,
    _room: Room,
    task: Annotated[PlanTask, Depends(read_as(PlanTask))],
    key: IdempotencyKey,
) -> JSONResponse:
    """Check the plan, store one durable job and answer with its task. The token's name is the plan's proposer."""
    return submit(runtime, caller, planned_request(runtime, caller, task), key)
