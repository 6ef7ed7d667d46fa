"""Discoveries: where targets declare themselves, and what the last look found."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from grace_workers.entrypoints.api.access import Operator, Run, Viewer, charge
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import DiscoverOrder
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.discovery import DiscoveryView, LookedView
from grace_workers.orchestration.discovery.looking import look
from grace_workers.orchestration.stores.discovered import DiscoveredStore

router = APIRouter(prefix="/api/v1/discoveries", tags=["targets"])

_COST = 10


@router.get("", summary="The declared discoveries", responses=responses(401, 429, 503))
def discoveries(runtime: Run, _caller: Viewer) -> list[DiscoveryView]:
    """Return the discoveries of `grace.yaml` by name; their options and connections are never shown."""
    rules = runtime.discoveries.rules
    if not rules:
        return []
    with runtime.ledger.transaction() as tx:
        states = {one.name: one for one in tx[DiscoveredStore].states()}
    return [DiscoveryView.of_rule(rule, states.get(name)) for name, rule in sorted(rules.items())]


@router.post(
    "/{name}/run",
    summary="Look now for targets",
    openapi_extra=described(DiscoverOrder),
    responses=responses(400, 401, 403, 404, 409, 415, 422, 429, 503),
)
def run(
    name: str,
    request: Request,
    runtime: Run,
    caller: Operator,
    order: Annotated[DiscoverOrder, Depends(read_as(DiscoverOrder))],
) -> LookedView:
    """Look once, on the machine of this API, and keep what was found; counts as 10 requests."""
    charge(request, _COST)
    rule = runtime.discoveries.named(name)
    looked = look(runtime.ledger, runtime.clock, runtime.discoveries, name, by=caller.name, accept=order.accept)
    return LookedView.of_looked(rule, looked)
