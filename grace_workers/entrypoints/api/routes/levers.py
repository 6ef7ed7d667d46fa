"""The fleet's levers, and plans that change them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from grace_workers.entrypoints.api.access import Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import LeverOrder
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.submission import IdempotencyKey, Room, planned_request, submit
from grace_workers.entrypoints.api.views.lever import ExperimentsView, LeverView
from grace_workers.entrypoints.api.views.task import TaskView
from grace_workers.orchestration import levers as fleet_levers
from grace_workers.orchestration.work.wishes import PlanTask

router = APIRouter(prefix="/api/v1", tags=["cycles"])


@router.get("/experiments", summary="Experiments with levers", responses=responses(401, 422, 429, 503))
def experiments(runtime: Run, _caller: Viewer, *, past: Annotated[int, Query(ge=0, le=200)] = 20) -> ExperimentsView:
    """Return what the optimiser tries now and has tried, with blocks, effect and verdict."""
    return ExperimentsView.of_all(fleet_levers.experiments(runtime.ledger), past)


@router.get("/levers", summary="The levers of the fleet", responses=responses(401, 429, 503))
def levers(runtime: Run, _caller: Viewer) -> list[LeverView]:
    """Return every lever with its present value and, while an experiment compares it, the other one."""
    return [LeverView.of_standing(one) for one in fleet_levers.levers(runtime.line)]


@router.post(
    "/levers/{name}",
    status_code=202,
    response_model=TaskView,
    openapi_extra=described(LeverOrder),
    summary="Change a lever",
    responses=responses(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
)
def change(
    name: str,
    runtime: Run,
    caller: Operator,
    _room: Room,
    order: Annotated[LeverOrder, Depends(read_as(LeverOrder))],
    key: IdempotencyKey,
) -> JSONResponse:
    """Submit the plan that sets the lever, or puts the value on trial; it is governed like any other plan."""
    plan = fleet_levers.changing(name, order.value, order.reason, trial=order.on_trial)
    return submit(runtime, caller, planned_request(runtime, caller, PlanTask(plan=plan)), key)
