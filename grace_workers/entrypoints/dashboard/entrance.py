"""The check that every page and every form passes."""

import asyncio
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import Request
from starlette.types import ASGIApp

from grace_workers.entrypoints.dashboard.form import form_of
from grace_workers.entrypoints.dashboard.inside import ApiRefusal, InsideApi
from grace_workers.entrypoints.dashboard.page import Visit
from grace_workers.entrypoints.dashboard.session import carries, is_own_site, token_of
from grace_workers.entrypoints.dashboard.view import HOME
from grace_workers.foundation.clock import Clock
from grace_workers.governance import Role

SIGN_IN = "/dashboard/sign-in"


class SignedOut(Exception):  # noqa: N818 - it names what the browser learns
    """The request has no valid session; `was_in` when it had one."""

    def __init__(self, *, was_in: bool) -> None:
        super().__init__("signed out")
        self.was_in = was_in

    def address(self, request: Request) -> str:
        """Return the sign-in page, which leads back to the page that was requested."""
        asked = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        back = quote(asked if request.method == "GET" else HOME, safe="")
        return f"{SIGN_IN}?why={'ended' if self.was_in else 'new'}&next={back}"


class Entrance:
    """Checks every request, using the API itself."""

    def __init__(self, api: ASGIApp, clock: Clock) -> None:
        self.api = api
        self._clock = clock

    async def enter(self, request: Request) -> Visit:
        """Return the visit of a signed-in person.

        Raises:
            SignedOut: there is no valid session.
            ApiRefusal: 429 or 503 when the API cannot answer now.
        """
        token = token_of(request)
        if token is None:
            raise SignedOut(was_in=False)
        api = InsideApi(self.api, token, client_of(request))
        try:
            me = await api.get("/api/v1/me")
        except ApiRefusal as refusal:
            if refusal.status == HTTPStatus.UNAUTHORIZED:
                raise SignedOut(was_in=True) from refusal
            raise
        return Visit(
            api=api,
            name=me["name"],
            role=Role(me["role"]),
            path=request.path_params,
            query=dict(request.query_params),
            # Reading the clock may query the database, and this thread serves every stream.
            now=await asyncio.to_thread(self._clock.now),
        )

    async def take(self, request: Request) -> Visit:
        """Return the visit of a signed-in person, with a form that was sent from a page of the same session.

        Raises:
            SignedOut: there is no valid session; the form was not read.
            ApiRefusal: 403 for a forged form, and what `enter` and `form_of` raise.
        """
        visit = await self.enter(request)
        form = await form_of(request)
        if not (is_own_site(request.headers) and carries(visit.api.token or "", form.get("csrf", ""))):
            detail = "this form was not made for your session; go back, load the page again and repeat"
            raise ApiRefusal(HTTPStatus.FORBIDDEN, detail)
        return replace(visit, form=form)


def client_of(request: Request) -> tuple[str, int] | None:
    """Return the browser's own address, by which the API counts failed logins."""
    return None if request.client is None else (request.client.host, request.client.port)
