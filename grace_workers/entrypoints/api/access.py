"""Who may come in: bearer tokens, roles, and a rate for each token."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from grace_workers.bootstrap import Runtime
from grace_workers.entrypoints.api.problems import Refusal
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Role
from grace_workers.orchestration import tokens
from grace_workers.orchestration.stores import Token

_MOST_BUCKETS = 10_000
_bearer = HTTPBearer(auto_error=False, description="A token made with `grace token create`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: under which name what they do is recorded, by which token, and what it may do.

    `targets` are those that the token may report on; None for all.
    """

    name: str
    role: Role
    token: str
    targets: tuple[TargetName, ...] | None


class Rates:
    """A bucket for each token, filled evenly over the minute; it holds a minute's worth. One per process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_for(self, name: str, per_minute: int) -> float:
        """Take one request of `name`; return 0, or the seconds until one is free."""
        now = self._clock()
        with self._lock:
            if len(self._buckets) > _MOST_BUCKETS:
                self._buckets.clear()
            level, seen = self._buckets.get(name, (float(per_minute), now))
            level = min(float(per_minute), level + (now - seen) * per_minute / 60)
            if level < 1:
                self._buckets[name] = (level, now)
                return (1 - level) * 60 / per_minute
            self._buckets[name] = (level - 1, now)
            return 0.0


def runtime_of(request: Request) -> Runtime:
    """Return the runtime that the app was made with."""
    runtime: Runtime = request.app.state.runtime
    return runtime


Run = Annotated[Runtime, Depends(runtime_of)]


def known(
    request: Request,
    runtime: Run,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Return whose token this is. Raises Refusal 401 without one in force, 429 past its rate."""
    token = _verified(runtime, None if given is None else given.credentials)
    _within_rate(request.app.state.rates, token)
    request.state.caller, request.state.person = token.name, token.person
    return Caller(token.actor, token.role, token.name, token.targets)


Known = Annotated[Caller, Depends(known)]


def requires(role: Role) -> Callable[[Caller], Caller]:
    """Return the dependency that lets in tokens of at least `role`."""

    def admit(caller: Known) -> Caller:
        if not caller.role.includes(role):
            detail = f"this needs the role {role}; the token {caller.name!r} is {caller.role}"
            raise Refusal(HTTPStatus.FORBIDDEN, detail)
        return caller

    return admit


Reporter = Annotated[Caller, Depends(requires(Role.REPORTER))]
Viewer = Annotated[Caller, Depends(requires(Role.VIEWER))]
Operator = Annotated[Caller, Depends(requires(Role.OPERATOR))]
Admin = Annotated[Caller, Depends(requires(Role.ADMIN))]


def _verified(runtime: Runtime, secret: str | None) -> Token:
    if not secret:
        raise _unauthorised("no bearer token; send `Authorization: Bearer <token>`", "")
    token = tokens.verify(runtime.ledger, runtime.clock, secret)
    if token is None:
        detail = "the token is unknown, expired, revoked or named like the fleet itself; ask an admin for one"
        raise _unauthorised(detail, ', error="invalid_token"')
    return token


def _unauthorised(detail: str, hint: str) -> Refusal:
    return Refusal(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": f'Bearer realm="grace"{hint}'})


def _within_rate(rates: Rates, token: Token) -> None:
    wait = rates.wait_for(token.name, token.rate_per_minute)
    if wait:
        detail = f"the token {token.name!r} may ask {token.rate_per_minute} times a minute; wait"
        raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, detail, {"Retry-After": str(max(1, round(wait + 0.5)))})
