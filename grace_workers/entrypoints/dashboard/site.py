"""The dashboard as an ASGI application: its routes, built from the pages, and the checks of every request."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from grace_workers.entrypoints.dashboard import pages as folder
from grace_workers.entrypoints.dashboard.assets import at_address
from grace_workers.entrypoints.dashboard.entrance import SIGN_IN, Entrance, SignedOut
from grace_workers.entrypoints.dashboard.inside import ApiRefusal, InsideApi
from grace_workers.entrypoints.dashboard.live import LiveFeed
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, PageStream, ShownOnce
from grace_workers.entrypoints.dashboard.session import close_session, token_of
from grace_workers.entrypoints.dashboard.sign_in import SignInPage
from grace_workers.entrypoints.dashboard.view import HOME, PageView, html, problem_page, without_opener_policy
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.clock import Clock

_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}
_NOT_HELD_UP = {"X-Accel-Buffering": "no"}
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _INTERNAL = 401, 403, 404, 500
_Endpoint = Callable[[Request], Awaitable[Response]]


def create_site(api: ASGIApp, clock: Clock, *, feed: LiveFeed | None = None) -> Starlette:
    """Return the dashboard over the HTTP API `api`."""
    pages = discover(folder, DashboardPage, label="page")
    return _Site(api, clock, pages, feed or LiveFeed()).app()


class _Site:
    """The addresses of one dashboard."""

    def __init__(self, api: ASGIApp, clock: Clock, pages: Catalog[DashboardPage], feed: LiveFeed) -> None:
        self._pages = pages
        self._feed = feed
        self._entrance = Entrance(api, clock)
        self._view = PageView(pages, feed)

    def app(self) -> Starlette:
        handlers: dict[Any, Any] = {
            SignedOut: _to_sign_in,
            ApiRefusal: _refused,
            HTTPException: _not_found,
            Exception: _failed,
        }
        site = Starlette(routes=list(self._routes()), exception_handlers=handlers)
        # A redirect would be to the host and scheme of the request, which are not ours behind a proxy.
        site.router.redirect_slashes = False
        return site

    def _routes(self) -> Iterator[Route]:
        yield Route("/", _to(HOME), methods=["GET"])
        sign_in = SignInPage(self._entrance.api)
        yield Route("/sign-in", sign_in.ask, methods=["GET"])
        yield Route("/sign-in", sign_in.take_token, methods=["POST"])
        yield Route("/sign-in/provider", sign_in.go, methods=["GET"])
        yield Route("/sign-in/back", sign_in.come_back, methods=["GET"])
        yield Route("/sign-out", self._sign_out, methods=["POST"])
        yield Route("/session", self._session, methods=["GET"])
        yield Route("/stream", self._stream, methods=["GET"])
        yield Route("/assets/{address}", _asset, methods=["GET"])
        for page in self._pages:
            for screen in page.screens:
                yield Route(f"/{page.name}{screen.path}", partial(self._show, page, screen), methods=["GET"])
            for stream in page.streams:
                yield Route(f"/{page.name}{stream.path}", partial(self._follow, page, stream), methods=["GET"])
            for deed in page.deeds:
                yield Route(f"/{page.name}{deed.path}", partial(self._do, page, deed), methods=["POST"])

    async def _show(self, page: DashboardPage, screen: DashboardScreen, request: Request) -> Response:
        visit = await self._entrance.enter(request)
        if not visit.may(page.role):
            raise ApiRefusal(_FORBIDDEN, f"this page needs the role {page.role}; {visit.name} is {visit.role}")
        return without_opener_policy(await self._view.show(visit, page, screen), request.headers)

    async def _follow(self, page: DashboardPage, stream: PageStream, request: Request) -> Response:
        visit = await self._entrance.enter(request)
        if not visit.may(page.role):
            raise ApiRefusal(_FORBIDDEN, f"this page needs the role {page.role}; {visit.name} is {visit.role}")
        after = request.headers.get("last-event-id", request.query_params.get("after"))
        lines = stream.lines(visit, after)
        # The first line comes before the answer begins, so that a refusal has its own status.
        first = await anext(lines, "")
        return StreamingResponse(_text(first, lines), media_type="text/event-stream", headers=_NOT_HELD_UP)

    async def _do(self, page: DashboardPage, deed: Deed, request: Request) -> Response:
        visit = await self._entrance.take(request)
        if not visit.may(deed.role):
            raise ApiRefusal(_FORBIDDEN, f"this needs the role {deed.role}; {visit.name} is {visit.role}")
        done = await deed.act(visit)
        if isinstance(done, ShownOnce):
            return await self._view.tell(visit, page, done)
        return self._view.done(done, page, deed)

    async def _sign_out(self, request: Request) -> Response:
        visit = await self._entrance.take(request)
        await visit.api.post("/api/v1/sign-out")
        response = RedirectResponse(f"{SIGN_IN}?why=left", status_code=303)
        close_session(response)
        return response

    async def _session(self, request: Request) -> Response:
        """Tell a page whose stream broke off whether its session is still valid."""
        await self._entrance.enter(request)
        return Response(status_code=204)

    async def _stream(self, request: Request) -> Response:
        await self._entrance.enter(request)
        api = InsideApi(self._entrance.api, token_of(request), None)
        self._feed.refuse_when_full(api.token)
        after = request.headers.get("last-event-id", request.query_params.get("after"))
        return StreamingResponse(self._feed.messages(api, after), media_type="text/event-stream", headers=_NOT_HELD_UP)


async def _asset(request: Request) -> Response:
    found = at_address(request.path_params["address"])
    if found is None:
        raise HTTPException(_NOT_FOUND)
    if "gzip" in request.headers.get("accept-encoding", ""):
        packed = {**_FOR_GOOD, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(found.packed, media_type=found.kind, headers=packed)
    return Response(found.body, media_type=found.kind, headers={**_FOR_GOOD, "Vary": "Accept-Encoding"})


async def _text(first: str, lines: AsyncIterator[str]) -> AsyncIterator[str]:
    yield f"{first}\n"
    async for line in lines:
        yield f"{line}\n"


def _to(address: str) -> _Endpoint:
    async def go(_request: Request) -> Response:
        return RedirectResponse(address, status_code=303)

    return go


def _is_by_script(request: Request) -> bool:
    return "x-refresh" in request.headers or "text/event-stream" in request.headers.get("accept", "")


async def _to_sign_in(request: Request, error: Exception) -> Response:
    if not isinstance(error, SignedOut):
        raise error
    if _is_by_script(request):
        response = Response(status_code=_UNAUTHORIZED)
    else:
        response = RedirectResponse(error.address(request), status_code=303)
    if error.was_in:
        close_session(response)
    return response


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiRefusal):
        raise error
    headers: Mapping[str, str] = {} if error.retry_after is None else {"Retry-After": error.retry_after}
    if _is_by_script(request):
        return Response(status_code=error.status, headers=headers)
    return html(problem_page(error.status, error.detail), error.status, headers)


async def _not_found(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    detail = "there is no such page" if error.status_code == _NOT_FOUND else "this address does not take that"
    return html(problem_page(error.status_code, detail), error.status_code, {})


async def _failed(_request: Request, _error: Exception) -> Response:
    """Answer an unexpected error; the API around this site logs it."""
    detail = "the dashboard could not make this page; the log of the API describes the error"
    return html(problem_page(_INTERNAL, detail), _INTERNAL, {})
