"""Safe points: what targets held, and plans that keep it, put it back and drop it."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from grace_workers.entrypoints.api.access import Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import ReasonOrder, SafePointOrder
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.submission import IdempotencyKey, Room, planned_request, submit
from grace_workers.entrypoints.api.views.safe_point import SafePointView
from grace_workers.entrypoints.api.views.task import TaskView
from grace_workers.orchestration import safe_points as points
from grace_workers.orchestration.work.safe_point_plans import dropping, keeping, restoring
from grace_workers.orchestration.work.wishes import PlanTask

router = APIRouter(prefix="/api/v1/safe-points", tags=["safe points"])


@router.get("", summary="Safe points", responses=responses(401, 429, 503))
def safe_points(runtime: Run, _caller: Viewer) -> list[SafePointView]:
    """Return the newest hundred, newest first."""
    return [SafePointView.of_point(one) for one in points.safe_points(runtime.ledger, runtime.clock.now())]


@router.get("/{name}", summary="A safe point", responses=responses(401, 404, 429, 503))
def safe_point(name: str, runtime: Run, _caller: Viewer) -> SafePointView:
    """Return what was kept of each target."""
    return SafePointView.of_point(points.safe_point(runtime.ledger, runtime.clock.now(), name))


@router.post(
    "",
    status_code=202,
    response_model=TaskView,
    openapi_extra=described(SafePointOrder),
    summary="Keep a safe point",
    responses=responses(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
)
def keep(
    runtime: Run,
    caller: Operator,
    _room: Room,
    order: Annotated[SafePointOrder, Depends(read_as(SafePointOrder))],
    key: IdempotencyKey,
) -> JSONResponse:
    """Submit the plan that keeps what the targets hold; it is governed like any other plan."""
    plan = keeping(runtime.ledger, runtime.clock.now(), runtime.line.targets, order.name, order.targets, order.reason)
    return submit(runtime, caller, planned_request(runtime, caller, PlanTask(plan=plan)), key)


@router.post(
    "/{name}/restore",
    status_code=202,
    response_model=TaskView,
    openapi_extra=described(ReasonOrder),
    summary="Put a safe point back",
    responses=responses(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
)
def restore(
    name: str,
    runtime: Run,
    caller: Operator,
    _room: Room,
    order: Annotated[ReasonOrder, Depends(read_as(ReasonOrder))],
    key: IdempotencyKey,
) -> JSONResponse:
    """Submit the plan that makes every target of the point what it was; if one step fails, all are put back."""
    point = points.safe_point(runtime.ledger, runtime.clock.now(), name)
    plan = restoring(runtime.line.targets, point, order.reason)
    return submit(runtime, caller, planned_request(runtime, caller, PlanTask(plan=plan)), key)


@router.post(
    "/{name}/drop",
    status_code=202,
    response_model=TaskView,
    openapi_extra=described(ReasonOrder),
    summary="Drop a safe point",
    responses=responses(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
)
def drop(
    name: str,
    runtime: Run,
    caller: Operator,
    _room: Room,
    order: Annotated[ReasonOrder, Depends(read_as(ReasonOrder))],
    key: IdempotencyKey,
) -> JSONResponse:
    """Submit the plan that drops every part of the point before its time is over. No part comes back."""
    point = points.safe_point(runtime.ledger, runtime.clock.now(), name)
    plan = dropping(runtime.line.targets, point, order.reason)
    return submit(runtime, caller, planned_request(runtime, caller, PlanTask(plan=plan)), key)
