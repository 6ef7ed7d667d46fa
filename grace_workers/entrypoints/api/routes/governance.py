"""The global switches and the tokens."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from grace_workers.actions import undeclared
from grace_workers.entrypoints.api.access import Admin, Known, Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import SwitchOrder, TokenOrder
from grace_workers.entrypoints.api.problems import Refusal, responses
from grace_workers.entrypoints.api.views.governance import HoldView, NewTokenView, SwitchesView, SwitchView, TokenView
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Role
from grace_workers.orchestration import holds as held
from grace_workers.orchestration import switches as board
from grace_workers.orchestration import tokens as keys

router = APIRouter(prefix="/api/v1", tags=["governance"])

_CHANGE = responses(400, 401, 403, 404, 409, 415, 422, 429, 503)


@router.get("/switches", summary="The global switches", responses=responses(401, 429, 503))
def switches(runtime: Run, _caller: Viewer) -> SwitchesView:
    """Return `kill` (no further step is taken, and finished steps are restored) and `freeze` (no new plan starts)."""
    return SwitchesView.model_validate(board.read(runtime.ledger))


@router.get("/holds", summary="What holds the fleet back", responses=responses(401, 429, 503))
def holds(runtime: Run, _caller: Viewer) -> list[HoldView]:
    """Return the switches that are on, the brakes, and the windows that freeze, the strongest first."""
    return [HoldView.of(one) for one in held.holds(runtime.ledger, runtime.clock)]


@router.post("/switches/{name}", summary="Turn a switch", openapi_extra=described(SwitchOrder), responses=_CHANGE)
def turn(
    name: str, runtime: Run, caller: Operator, order: Annotated[SwitchOrder, Depends(read_as(SwitchOrder))]
) -> SwitchView:
    """Turn `kill` or `freeze` on, with a reason, as any operator may; turning one off needs the role admin."""
    if not order.on and not caller.role.includes(Role.ADMIN):
        detail = f"turning a switch off needs the role {Role.ADMIN}; the token {caller.name!r} is {caller.role}"
        raise Refusal(HTTPStatus.FORBIDDEN, detail)
    turned = board.turn(runtime.ledger, runtime.clock, name, on=order.on, reason=order.reason, by=caller.name)
    return SwitchView.of(turned)


@router.get("/me", summary="The token that asks", responses=responses(401, 429, 503))
def me(request: Request, _caller: Known) -> TokenView:
    """Return the caller's own token: its name, its role and until when it is in force."""
    return TokenView.of(request.state.token)


@router.get("/tokens", summary="All tokens", responses=responses(401, 403, 429, 503))
def tokens(runtime: Run, _caller: Admin) -> list[TokenView]:
    """Return the tokens, never their secrets."""
    return [TokenView.of(token) for token in keys.tokens(runtime.ledger)]


@router.post("/tokens", status_code=201, summary="Make a token", openapi_extra=described(TokenOrder), responses=_CHANGE)
def create(runtime: Run, caller: Admin, order: Annotated[TokenOrder, Depends(read_as(TokenOrder))]) -> NewTokenView:
    """Create a token. Only this answer contains its secret."""
    targets = None if order.targets is None else tuple(TargetName(name) for name in order.targets)
    for name in targets or ():
        if name not in runtime.line.targets:
            raise InputError(undeclared(name, runtime.line.targets))
    wanted = keys.NewToken(
        name=order.name,
        role=order.role,
        expires_in=order.expires_in,
        rate_per_minute=order.rate_per_minute,
        person=order.person,
        targets=targets,
    )
    token, secret = keys.create(runtime.ledger, runtime.clock, wanted, by=caller.name)
    return NewTokenView.of_both(token, secret)


@router.delete("/tokens/{name}", summary="Revoke a token", responses=_CHANGE)
def revoke(name: str, runtime: Run, caller: Admin) -> TokenView:
    """Revoke a token at once."""
    return TokenView.of(keys.revoke(runtime.ledger, runtime.clock, name, by=caller.name))
