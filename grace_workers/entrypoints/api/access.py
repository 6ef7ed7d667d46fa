"""Authentication and authorization: bearer tokens, roles, a rate for each token, and a slot for each request."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.api.lanes import NoPlace, RequestPlace
from grace_workers.entrypoints.api.logins import Logins
from grace_workers.entrypoints.api.problems import Refusal, not_now
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Role
from grace_workers.orchestration.stores import Token

ROWS_A_UNIT = 50
_DIGITS = 4
_bearer = HTTPBearer(auto_error=False, description="A token created with `grace token create`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller: the name under which its actions are recorded, its token, and its role.

    `targets` are those that the token may report on; None means all.
    """

    name: str
    role: Role
    token: str
    targets: tuple[TargetName, ...] | None


async def runtime_of(request: Request) -> Runtime:
    """Return the runtime that the app was made with."""
    runtime: Runtime = request.app.state.runtime
    return runtime


Run = Annotated[Runtime, Depends(runtime_of)]


Given = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def known(request: Request, given: Given) -> AsyncIterator[Caller]:
    """Give the token's caller, and a slot to work in, until the route has its answer.

    Raises:
        Refusal: 401 without a token in force, 403 for one in a place where it must not be, 429 past its rate (503
            where the sender obeys no other), 503 when too many are at work.
    """
    elsewhere = _elsewhere(request) if given is None else None
    secret = elsewhere if given is None else given.credentials
    logins: Logins = request.app.state.logins
    token = await logins.token_of(request, secret)
    if elsewhere is not None and token.role is not Role.REPORTER:
        detail = f"only a reporter's token may be part of an address; the token {token.name!r} is {token.role}"
        raise Refusal(HTTPStatus.FORBIDDEN, detail)
    request.state.caller, request.state.person = token.name, token.person
    request.state.token, request.state.admitted = token, False
    _within_rate(request, token)
    place = NoPlace() if secret and logins.is_own(secret) else RequestPlace()
    request.state.place = place
    try:
        await place.enter(request.app.state.lanes.calls)
        yield Caller(token.actor, token.role, token.name, token.targets)
    finally:
        place.leave()


def _elsewhere(request: Request) -> str | None:
    """Return the token from where senders of the addressed source put it if they cannot send `Authorization`."""
    sources = request.app.state.runtime.catalogs.sources
    name = request.path_params.get("source")
    find = sources[name].credential if name in sources else None
    return None if find is None else find(request.headers, request.query_params)


Known = Annotated[Caller, Depends(known, scope="function")]


def requires(role: Role) -> Callable[[Request, Caller], Awaitable[Caller]]:
    """Return the dependency that admits tokens of at least `role`."""

    async def admit(request: Request, caller: Known) -> Caller:
        if not caller.role.includes(role):
            detail = f"this needs the role {role}; the token {caller.name!r} is {caller.role}"
            await request.app.state.violations.note(f"token {caller.token}", detail)
            raise Refusal(HTTPStatus.FORBIDDEN, detail)
        request.state.admitted = True
        return caller

    return admit


Reporter = Annotated[Caller, Depends(requires(Role.REPORTER))]
Viewer = Annotated[Caller, Depends(requires(Role.VIEWER))]
Operator = Annotated[Caller, Depends(requires(Role.OPERATOR))]
Approver = Annotated[Caller, Depends(requires(Role.APPROVER))]
Admin = Annotated[Caller, Depends(requires(Role.ADMIN))]


def charge(request: Request, cost: int) -> None:
    """Charge the caller for the cost of its request beyond one unit."""
    token: Token = request.state.token
    request.app.state.rates.charge(token.name, token.rate_per_minute, cost)


def _within_rate(request: Request, token: Token) -> None:
    wait = request.app.state.rates.wait_for(token.name, token.rate_per_minute)
    if wait:
        detail = f"the token {token.name!r} is limited to {token.rate_per_minute} requests a minute; wait"
        retry = {"Retry-After": str(max(1, round(wait + 0.5)))}
        raise not_now(request, HTTPStatus.TOO_MANY_REQUESTS, detail, retry)
    limit = request.query_params.get("limit", "")
    if limit.isascii() and limit.isdecimal() and len(limit) <= _DIGITS:
        charge(request, int(limit) // ROWS_A_UNIT)
