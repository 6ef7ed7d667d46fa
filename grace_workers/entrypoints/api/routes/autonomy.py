"""Autonomy: how far each playbook may act by itself, on what evidence, and its changes."""

from typing import Annotated

from fastapi import APIRouter, Depends

from grace_workers.actions import Domain
from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.api.access import Approver, Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import ReasonOrder
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.autonomy import AutonomyView, StandingView
from grace_workers.foundation.errors import InputError
from grace_workers.governance import EVERY_PLAYBOOK
from grace_workers.orchestration import autonomy as levels

router = APIRouter(prefix="/api/v1/autonomy", tags=["governance"])

_CHANGE = responses(400, 401, 403, 404, 409, 415, 422, 429, 503)
Given = Annotated[ReasonOrder, Depends(read_as(ReasonOrder))]


@router.get("", summary="How far playbooks may act by themselves", responses=responses(401, 429, 503))
def standings(runtime: Run, _caller: Viewer) -> list[StandingView]:
    """Return the level of each playbook in each of its domains, with the evidence and what is lacking for more."""
    found = levels.standings(runtime.ledger, runtime.line.policy.autonomy, runtime.line.library())
    return [StandingView.of_standing(one) for one in found]


@router.post("/{playbook}/{domain}/raise", summary="Raise", openapi_extra=described(ReasonOrder), responses=_CHANGE)
def raised(playbook: str, domain: str, runtime: Run, caller: Approver, order: Given) -> AutonomyView:
    """Raise a playbook by one level in a domain, which the evidence and the domain must allow."""
    what, policy = _named(runtime, playbook, domain), runtime.line.policy.autonomy
    after = levels.raise_level(runtime.ledger, runtime.clock, policy, what, by=caller.name, reason=order.reason)
    return AutonomyView.of(after)


@router.post("/{playbook}/{domain}/lower", summary="Lower", openapi_extra=described(ReasonOrder), responses=_CHANGE)
def lowered(playbook: str, domain: str, runtime: Run, caller: Operator, order: Given) -> AutonomyView:
    """Lower a playbook by one level in a domain; `*` lowers every playbook there."""
    what, policy = _named(runtime, playbook, domain), runtime.line.policy.autonomy
    after = levels.lower_level(runtime.ledger, runtime.clock, policy, what, by=caller.name, reason=order.reason)
    return AutonomyView.of(after)


def _named(runtime: Runtime, playbook: str, domain: str) -> tuple[str, Domain]:
    if domain not in list(Domain):
        raise InputError(f"no domain {domain[:80]!r}; there are {', '.join(Domain)}")
    if playbook != EVERY_PLAYBOOK:
        # It raises for a playbook that does not exist.
        runtime.line.library()[playbook]
    return playbook, Domain(domain)
