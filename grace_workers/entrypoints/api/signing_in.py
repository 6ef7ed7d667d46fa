"""Signing in for strangers: few at a time, with bounded bodies, and each failure counted as a failed login is."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import structlog
from anyio import CapacityLimiter
from starlette.requests import Request

from grace_workers.entrypoints.api.body import READ_WITHIN
from grace_workers.entrypoints.api.logins import Logins
from grace_workers.entrypoints.api.orders import SignInOrder
from grace_workers.entrypoints.api.problems import Refusal
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError, TransientError
from grace_workers.governance import Role
from grace_workers.orchestration.sign_in import IdentityProvider, SignInRule
from grace_workers.settings import SignInSettings
from grace_workers.signals import strict_json

log = structlog.get_logger()

_AT_ONCE, _WAITING, _LARGEST = 4, 16, 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The provider of this API, if it has one, and who gets which role."""

    provider: IdentityProvider | None
    rule: SignInRule
    doors: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_AT_ONCE))

    @classmethod
    def of_settings(cls, declared: SignInSettings, provider: IdentityProvider | None) -> "SignIn":
        """Return what the settings declare."""
        roles: Mapping[str, Role] = {value: Role(role) for value, role in declared.roles.items()}
        return cls(provider=provider, rule=SignInRule(claim=declared.role_claim, roles=roles, session=declared.session))

    def required(self) -> IdentityProvider:
        """Return the provider. Raises NotFoundError when there is none."""
        if self.provider is None:
            raise NotFoundError("this fleet has no identity provider; sign in with a token")
        return self.provider

    def refuse_when_full(self) -> None:
        """Raise Refusal 503 when too many sign in at once."""
        if self.doors.statistics().tasks_waiting >= _WAITING:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many sign in at once; try again", {"Retry-After": "5"})


@asynccontextmanager
async def attempted(request: Request) -> AsyncIterator[SignIn]:
    """Give what a stranger signs in with. What the stranger did wrong is counted, as a wrong token is.

    Raises:
        NotFoundError: there is no provider.
        Refusal: 429 after too many failures, 503 when too many sign in at once or the provider does not answer.
    """
    logins: Logins = request.app.state.logins
    found: SignIn = request.app.state.sign_in
    found.required()
    logins.bound(request)
    found.refuse_when_full()
    try:
        yield found
    except (InputError, Refusal) as error:
        await logins.missed(request, str(error))
        raise
    except (TransientError, PermanentError) as error:
        logins.pardon(request)
        log.warning("identity_provider_failed", error=str(error))
        if isinstance(error, PermanentError):
            raise
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"Retry-After": "5"}) from error
    logins.pardon(request)


async def order_of(request: Request) -> SignInOrder:
    """Return the body of a stranger's request.

    Raises:
        Refusal: 415 for another content type, 413 past 16 kB, 408 when it takes too long.
        UnreadableError: it is no JSON.
        InputError: it is no such order.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send application/json, not {kind[:80]!r}")
    kept = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN):
            async for chunk in request.stream():
                kept += chunk
                if len(kept) > _LARGEST:
                    raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {_LARGEST} bytes")
    except TimeoutError as error:
        detail = f"the body did not arrive within {READ_WITHIN:g} s; send it faster"
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, detail, {"Connection": "close"}) from error
    return SignInOrder.read(strict_json(bytes(kept)), "body")
