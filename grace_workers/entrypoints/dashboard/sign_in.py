"""Signing in: with a token that is pasted, or through the identity provider of the API."""

import base64
import hmac
import json
import re
from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp

from grace_workers.entrypoints.dashboard.entrance import client_of
from grace_workers.entrypoints.dashboard.form import form_of
from grace_workers.entrypoints.dashboard.inside import ApiRefusal, InsideApi
from grace_workers.entrypoints.dashboard.rendering import render
from grace_workers.entrypoints.dashboard.session import is_https, is_own_site, open_session
from grace_workers.entrypoints.dashboard.view import HOME, html
from grace_workers.governance import Role
from grace_workers.signals import UnreadableError, strict_json

_WHY = {
    "left": "You are signed out.",
    "ended": "Your session has ended because the token expired or was revoked. Sign in again.",
}
_PLACE, _WITHIN = "/dashboard/sign-in", 600
_LONGEST_ADDRESS = 500
_STATE = re.compile(r"[A-Za-z0-9_-]{20,100}")
_WORD = re.compile(r"[a-z_]{1,40}")
_NOT_BEGUN = "This sign-in was not begun in this browser, or more than ten minutes ago. Sign in again."


class SignInPage:
    """The sign-in page, and the way to the identity provider and back."""

    def __init__(self, api: ASGIApp) -> None:
        self._api = api

    async def ask(self, request: Request) -> Response:
        """Return the sign-in page."""
        why = _WHY.get(request.query_params.get("why", ""))
        return await self._page(request, why, request.query_params.get("next", ""))

    async def take_token(self, request: Request) -> Response:
        """Open a session with the token that was pasted, and redirect."""
        if not is_own_site(request.headers):
            raise ApiRefusal(HTTPStatus.FORBIDDEN, "this form came from another site; open the sign-in page itself")
        form = await form_of(request, stranger=True)
        token, back = form.get("token", "").strip(), form.get("next", "")
        if not token.isascii():
            told = "This is no token: it contains characters that no token has."
            return await self._page(request, told, back, HTTPStatus.UNAUTHORIZED)
        try:
            me = await self._as(request, token).get("/api/v1/me")
        except ApiRefusal as refusal:
            return await self._page(request, f"Not signed in: {refusal.detail}.", back, refusal.status)
        if not Role(me["role"]).includes(Role.VIEWER):
            told = "A reporter's token sends signals and reads nothing; use a viewer's."
            return await self._page(request, told, back, HTTPStatus.FORBIDDEN)
        response = RedirectResponse(back if _is_ours(back) else HOME, status_code=303)
        open_session(response, request, token, me["expires_at"])
        return response

    async def go(self, request: Request) -> Response:
        """Redirect to the identity provider, and let this browser keep what its answer is compared with."""
        back = request.query_params.get("next", "")
        try:
            begun = await self._as(request).post("/api/v1/sign-in/attempts")
        except ApiRefusal as refusal:
            return await self._page(request, f"Not signed in: {refusal.detail}.", back, refusal.status)
        kept = json.dumps([begun["state"], begun["nonce"], begun["verifier"], back if _is_ours(back) else ""])
        response = RedirectResponse(begun["address"], status_code=303)
        # Lax, because the way back begins at another site.
        response.set_cookie(
            _cookie(begun["state"]),
            base64.urlsafe_b64encode(kept.encode()).decode(),
            max_age=_WITHIN,
            path=_PLACE,
            secure=is_https(request),
            httponly=True,
            samesite="lax",
        )
        return response

    async def come_back(self, request: Request) -> Response:
        """Open a session for whoever the identity provider says it is."""
        state = request.query_params.get("state", "")
        kept = _kept(request, state)
        if kept is None:
            return await self._page(request, _NOT_BEGUN, "", HTTPStatus.BAD_REQUEST)
        nonce, verifier, back = kept
        response = await self._entered(request, {"nonce": nonce, "verifier": verifier}, back)
        response.delete_cookie(_cookie(state), path=_PLACE, httponly=True, samesite="lax")
        return response

    async def _entered(self, request: Request, attempt: Mapping[str, str], back: str) -> Response:
        code = request.query_params.get("code")
        if code is None:
            told = request.query_params.get("error", "")
            word = told if _WORD.fullmatch(told) else "it gave no reason"
            sentence = f"The identity provider did not sign you in: {word}."
            return await self._page(request, sentence, back, HTTPStatus.FORBIDDEN)
        try:
            made = await self._as(request).post("/api/v1/sign-in", {**attempt, "code": code})
        except ApiRefusal as refusal:
            return await self._page(request, f"Not signed in: {refusal.detail}.", back, refusal.status)
        # A redirect would still count as coming from the provider's site, to which the session's cookie is not sent.
        response = html(render("signed_in.html", {"address": back if _is_ours(back) else HOME}), HTTPStatus.OK, {})
        open_session(response, request, made["secret"], made["expires_at"])
        return response

    def _as(self, request: Request, token: str | None = None) -> InsideApi:
        return InsideApi(self._api, token, client_of(request))

    async def _page(self, request: Request, told: str | None, back: str, status: int = HTTPStatus.OK) -> Response:
        ways = await self._as(request).get("/api/v1/sign-in")
        shown = {"told": told, "back": back if _is_ours(back) else "", "bad": status != HTTPStatus.OK}
        return html(render("sign_in.html", {**shown, **ways}), status, {})


def _cookie(state: str) -> str:
    """Return the cookie of one attempt, so that several tabs can sign in at once."""
    return f"grace_sign_in_{state[:12]}"


def _kept(request: Request, state: str) -> tuple[str, str, str] | None:
    """Return nonce, verifier and the page to go to, if this browser began the attempt of that state."""
    if _STATE.fullmatch(state) is None:
        return None
    try:
        known = strict_json(base64.urlsafe_b64decode(request.cookies.get(_cookie(state), "")))
    except (ValueError, UnreadableError):
        return None
    match known:
        case [str(began), str(nonce), str(verifier), str(back)]:
            return (nonce, verifier, back) if hmac.compare_digest(began.encode(), state.encode()) else None
        case _:
            return None


def _is_ours(address: str) -> bool:
    """Return whether an address belongs to this dashboard; any other could be an open redirect."""
    plain = address.isascii() and address.isprintable() and "\\" not in address and ".." not in address
    return plain and len(address) <= _LONGEST_ADDRESS and address.startswith("/dashboard/")
