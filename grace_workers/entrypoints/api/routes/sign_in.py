"""Signing in through an identity provider, and out. The first three take no token, because they are how to get one."""

from dataclasses import asdict
from http import HTTPStatus

from anyio import to_thread
from fastapi import APIRouter, Request

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.api.access import Run, Viewer
from grace_workers.entrypoints.api.body import described
from grace_workers.entrypoints.api.orders import SignInOrder
from grace_workers.entrypoints.api.problems import Refusal, responses
from grace_workers.entrypoints.api.signing_in import SignIn, attempted, order_of
from grace_workers.entrypoints.api.views.governance import NewTokenView
from grace_workers.entrypoints.api.views.sign_in import SignedOutView, SignInAttemptView, SignInView
from grace_workers.orchestration.sign_in import SignInAttempt, begin, end_session, open_session, role_of

router = APIRouter(prefix="/api/v1", tags=["sign-in"])


@router.get("/sign-in", summary="How people sign in")
async def ways(request: Request) -> SignInView:
    """Return the identity provider's name, if this fleet has one."""
    found: SignIn = request.app.state.sign_in
    known = found.provider
    return SignInView(label=known and known.label, home=known and known.home)


@router.post(
    "/sign-in/attempts", status_code=201, summary="Begin to sign in", responses=responses(404, 422, 429, 501, 503)
)
async def attempt(request: Request) -> SignInAttemptView:
    """Return where the browser goes, and the secrets of this attempt. Nothing of it is stored."""
    async with attempted(request) as sign_in:
        begun = begin()
        place = await to_thread.run_sync(sign_in.required().address, begun, limiter=sign_in.doors)
        return SignInAttemptView(address=place, **asdict(begun))


@router.post(
    "/sign-in",
    status_code=201,
    summary="Sign in",
    openapi_extra=described(SignInOrder),
    responses=responses(400, 403, 404, 408, 413, 415, 422, 429, 501, 503),
)
async def enter(request: Request) -> NewTokenView:
    """Return a token for the code that the provider gave the browser: its role is that of the person's groups.

    Compare `state` first: the API cannot know which browser began the attempt.
    """
    async with attempted(request) as sign_in:
        order = await order_of(request)
        return await to_thread.run_sync(_entered, request.app.state.runtime, sign_in, order, limiter=sign_in.doors)


@router.post("/sign-out", summary="Sign out", responses=responses(401, 403, 429, 503))
def leave(request: Request, runtime: Run, caller: Viewer) -> SignedOutView:
    """End the caller's token if it was made by signing in; any other stays in force."""
    ended = end_session(runtime.ledger, runtime.clock, request.state.token, by=caller.name)
    return SignedOutView(ended=ended)


def _entered(runtime: Runtime, sign_in: SignIn, order: SignInOrder) -> NewTokenView:
    began = SignInAttempt(state="", nonce=order.nonce, verifier=order.verifier)
    identity, rule = sign_in.required().identity(order.code, began), sign_in.rule
    role = role_of(identity, rule)
    if role is None:
        detail = (
            f"{identity.name[:80] or identity.subject[:80]!r} has no role here: none of the values of "
            f"{rule.claim!r} gives one; ask whoever manages groups at the identity provider"
        )
        raise Refusal(HTTPStatus.FORBIDDEN, detail)
    token, secret = open_session(runtime.ledger, runtime.clock, identity, role, rule.session)
    return NewTokenView.of_both(token, secret)
