"""What the improvement cycle changed of playbooks, and plans that take it back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from grace_workers.entrypoints.api.access import Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import ReasonOrder
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.submission import IdempotencyKey, Room, planned_request, submit
from grace_workers.entrypoints.api.views.improvement import ImprovementsView
from grace_workers.entrypoints.api.views.task import TaskView
from grace_workers.orchestration import improvements as fleet_improvements
from grace_workers.orchestration.work.wishes import PlanTask

router = APIRouter(prefix="/api/v1/improvements", tags=["cycles"])


@router.get("", summary="Improvements of the fleet", responses=responses(401, 422, 429, 503))
def improvements(runtime: Run, _caller: Viewer, *, past: Annotated[int, Query(ge=0, le=200)] = 50) -> ImprovementsView:
    """Return what the improvement cycle proposed, with what it predicts, what was measured, and what became of it."""
    return ImprovementsView.of_all(fleet_improvements.improvements(runtime.ledger), past)


@router.post(
    "/{key}/withdraw",
    status_code=202,
    response_model=TaskView,
    openapi_extra=described(ReasonOrder),
    summary="Take an improvement back",
    responses=responses(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
)
def withdraw(
    key: str,
    runtime: Run,
    caller: Operator,
    _room: Room,
    order: Annotated[ReasonOrder, Depends(read_as(ReasonOrder))],
    once: IdempotencyKey,
) -> JSONResponse:
    """Submit the plan that ends the improvement; it is governed like any other plan."""
    plan = fleet_improvements.withdrawing(runtime.line, key, order.reason)
    return submit(runtime, caller, planned_request(runtime, caller, PlanTask(plan=plan)), once)
