"""Goals: how they stand, and making and ending them."""

from typing import Annotated

from fastapi import APIRouter, Depends

from grace_workers.cycles import declared_indicators
from grace_workers.entrypoints.api.access import Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import GoalOrder, ReasonOrder
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.goal import GoalStandingView, IndicatorView
from grace_workers.orchestration import goals as aims

router = APIRouter(prefix="/api/v1", tags=["cycles"])

_CHANGE = responses(400, 401, 403, 404, 409, 415, 422, 429, 503)


@router.get("/goals", summary="The goals", responses=responses(401, 429, 503))
def goals(runtime: Run, _caller: Viewer) -> list[GoalStandingView]:
    """Return the goals in force and how they stood when they were last evaluated, by name."""
    return [GoalStandingView.of_standing(one) for one in aims.goals(runtime.ledger)]


@router.get("/indicators", summary="What goals can be measured by", responses=responses(401, 429))
def indicators(_runtime: Run, _caller: Viewer) -> list[IndicatorView]:
    """Return the indicators. All are the better the higher they are."""
    return [IndicatorView.of(one) for one in declared_indicators()]


@router.get("/goals/{name}", summary="One goal", responses=responses(401, 404, 422, 429, 503))
def goal(name: str, runtime: Run, _caller: Viewer) -> GoalStandingView:
    """Return the goal with its days, as they were and as they are forecast."""
    return GoalStandingView.of_standing(aims.goal(runtime.ledger, name))


@router.post("/goals", status_code=201, summary="Make a goal", openapi_extra=described(GoalOrder), responses=_CHANGE)
def make(runtime: Run, caller: Operator, order: Annotated[GoalOrder, Depends(read_as(GoalOrder))]) -> GoalStandingView:
    """Make a goal. It is evaluated at once, and then daily."""
    wanted = order.goal(caller.name)
    return GoalStandingView.of_new(aims.make(runtime.ledger, runtime.clock, wanted, by=caller.name))


@router.post("/goals/{name}/end", summary="End a goal", openapi_extra=described(ReasonOrder), responses=_CHANGE)
def end(
    name: str, runtime: Run, caller: Operator, order: Annotated[ReasonOrder, Depends(read_as(ReasonOrder))]
) -> GoalStandingView:
    """End a goal; those that every fleet starts with can be ended too."""
    ended = aims.end(runtime.ledger, runtime.clock, name, by=caller.name, reason=order.reason)
    return GoalStandingView.of_new(ended)
