"""The fleet: its instances and their health, who leads, and the operator's actions."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from grace_workers.entrypoints.api.access import Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import DrainOrder, QuarantineOrder
from grace_workers.entrypoints.api.problems import Refusal, responses
from grace_workers.entrypoints.api.views.fleet import FailoverView, FleetView, InstanceView, ThroughputView
from grace_workers.entrypoints.api.views.practice import RepairLinkView
from grace_workers.governance import Role
from grace_workers.orchestration.fleet import operations
from grace_workers.orchestration.repairs import repairs

router = APIRouter(prefix="/api/v1/fleet", tags=["fleet"])

_CHANGE = responses(400, 401, 403, 404, 409, 415, 422, 429, 503)


@router.get("", summary="The current state of the fleet", responses=responses(401, 429, 503))
def fleet(runtime: Run, _caller: Viewer) -> FleetView:
    """Return who leads, and every instance with its health, the parts of its score and its number of running jobs."""
    return FleetView.of_status(operations.status(runtime))


@router.get("/throughput", summary="What pools did in the last hours", responses=responses(401, 429, 503))
def throughput(request: Request, runtime: Run, _caller: Viewer) -> ThroughputView:
    """Return how many jobs each pool ended in each five minutes of the last six hours, and how long they had waited."""
    now = runtime.clock.now()
    return ThroughputView.of_slices(request.app.state.slices.look(now), now)


@router.get("/repairs", summary="Who heals whom", responses=responses(401, 429, 503))
def repaired(runtime: Run, _caller: Viewer) -> list[RepairLinkView]:
    """Return the ways in which parts of the fleet heal each other, and how often each was needed."""
    return [RepairLinkView.of(one) for one in repairs(runtime.ledger, runtime.clock, runtime.fleet)]


@router.post(
    "/failover", summary=("Hand the lead over to another instance"), responses=responses(401, 403, 409, 429, 503)
)
def failover(runtime: Run, caller: Operator) -> FailoverView:
    """Make the current leader step down; another one leads within a second. 409 when no other can."""
    return FailoverView(stepped_down=operations.failover(runtime, by=caller.name))


@router.post(
    "/{name}/quarantine",
    summary="Quarantine an instance",
    openapi_extra=described(QuarantineOrder),
    responses=_CHANGE,
)
def quarantine(
    name: str, runtime: Run, caller: Operator, order: Annotated[QuarantineOrder, Depends(read_as(QuarantineOrder))]
) -> InstanceView:
    """Quarantine an instance until it rejoins; its jobs are handed to others. `force` needs the role admin."""
    if order.force and not caller.role.includes(Role.ADMIN):
        detail = f"force needs the role {Role.ADMIN}; the token {caller.name!r} is {caller.role}"
        raise Refusal(HTTPStatus.FORBIDDEN, detail)
    return InstanceView.of_instance(
        operations.quarantine(runtime, name, reason=order.reason, by=caller.name, force=order.force)
    )


@router.post("/{name}/rejoin", summary="Let an instance rejoin", responses=responses(401, 403, 404, 409, 429, 503))
def rejoin(name: str, runtime: Run, caller: Operator) -> InstanceView:
    """Begin the instance's repair; it works again once its canary jobs have succeeded."""
    return InstanceView.of_instance(operations.rejoin(runtime, name, by=caller.name))


@router.post("/{name}/drain", summary="Drain an instance", openapi_extra=described(DrainOrder), responses=_CHANGE)
def drain(
    name: str, runtime: Run, caller: Operator, order: Annotated[DrainOrder, Depends(read_as(DrainOrder))]
) -> InstanceView:
    """Let an instance finish its running jobs within the grace period, hand over the rest, and exit."""
    return InstanceView.of_instance(
        operations.drain(runtime, name, grace=order.grace, by=caller.name, reason=order.reason)
    )
