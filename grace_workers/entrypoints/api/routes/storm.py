"""Storms: what is in progress and down, and the brakes on automatic runs."""

from typing import Annotated

from fastapi import APIRouter, Depends

from grace_workers.entrypoints.api.access import Approver, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import ReasonOrder
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.storm import BrakeView, StormView
from grace_workers.orchestration import storm as weather

router = APIRouter(prefix="/api/v1/storm", tags=["governance"])

_CHANGE = responses(400, 401, 403, 404, 409, 415, 422, 429, 503)


@router.get("", summary="The load of the fleet", responses=responses(401, 429, 503))
def show(runtime: Run, _caller: Viewer) -> StormView:
    """Return the runs by scope with their limits, the targets that are down, and the brakes that are on."""
    return StormView.at(weather.load(runtime.ledger, runtime.clock), runtime.line.policy.storm)


@router.post("/{scope}/lift", summary="Lift a brake", openapi_extra=described(ReasonOrder), responses=_CHANGE)
def lift(
    scope: str, runtime: Run, caller: Approver, order: Annotated[ReasonOrder, Depends(read_as(ReasonOrder))]
) -> BrakeView:
    """Let the fleet act by itself again in `fleet`, or in a scope such as `service=shop`. Its count begins at 0."""
    lifted = weather.lift(runtime.ledger, runtime.clock, scope, by=caller.name, reason=order.reason)
    return BrakeView.of(lifted)
