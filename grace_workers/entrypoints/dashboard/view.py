"""Turns a screen into a response: the frame of every page, and its security headers."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from grace_workers.entrypoints.dashboard.assets import style_source
from grace_workers.entrypoints.dashboard.live import LiveFeed
from grace_workers.entrypoints.dashboard.page import DashboardPage, DashboardScreen, Deed, ShownOnce, Visit
from grace_workers.entrypoints.dashboard.rendering import render
from grace_workers.entrypoints.dashboard.session import csrf_of
from grace_workers.foundation.catalog import Catalog
from grace_workers.governance import Role

HOME = "/dashboard/overview"
_OPENER_POLICY = "Cross-Origin-Opener-Policy"
_GUARD = {
    # The browser sends the referrer of a form to this site only.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    _OPENER_POLICY: "same-origin",
}
# What a browser says of a page that a person typed or bookmarked, or that a page of ours leads to.
_OWN_WAYS = frozenset({"none", "same-origin"})
_EVERYWHERE = ("approval.asked", "approval.answered", "brake.changed", "switch.turned")


class PageView:
    """Renders the screens of all pages."""

    def __init__(self, pages: Catalog[DashboardPage], feed: LiveFeed) -> None:
        self._feed = feed
        self._listed = sorted((one for one in pages if one.place is not None), key=lambda one: one.place or 0)
        self._said = {f"{page.name}{place}": deed.said for page in pages for place, deed in enumerate(page.deeds)}

    async def show(self, visit: Visit, page: DashboardPage, screen: DashboardScreen) -> Response:
        """Return a screen."""
        # Read before the page's content, so that no change in between is missed.
        position = self._feed.position
        around, shown = await asyncio.gather(self._around(visit, page), screen.read(visit))
        live = {"topics": " ".join(sorted({*screen.topics, *_EVERYWHERE})), "position": position}
        return html(render(screen.template, {**around, **shown, **live}), HTTPStatus.OK, {})

    async def tell(self, visit: Visit, page: DashboardPage, told: ShownOnce) -> Response:
        """Return an answer that has no address. It is not refreshed."""
        around = await self._around(visit, page)
        return html(render(told.template, {**around, **told.shown, "topics": "", "position": None}), HTTPStatus.OK, {})

    def done(self, address: str, page: DashboardPage, deed: Deed) -> Response:
        """Redirect to where an action leads, with its sentence."""
        said = f"said={page.name}{list(page.deeds).index(deed)}"
        parts = urlsplit(address)
        query = f"{parts.query}&{said}" if parts.query else said
        return RedirectResponse(parts._replace(query=query).geturl(), status_code=303)

    async def _around(self, visit: Visit, page: DashboardPage) -> Mapping[str, object]:
        holds, waiting = await asyncio.gather(visit.api.get("/api/v1/holds"), visit.api.get("/api/v1/approvals"))
        return {
            "navigation": [one for one in self._listed if visit.may(one.role)],
            "holds": holds,
            "waiting": len(waiting),
            "csrf": csrf_of(visit.api.token or ""),
            "roles": Role,
            "page": page,
            "visit": visit,
            "now": visit.now,
            "said": self._said.get(visit.query.get("said", "")),
        }


def html(text: str, status: int, headers: Mapping[str, str]) -> Response:
    """Return a page with its security headers."""
    policy = (
        f"default-src 'none'; script-src 'self'; style-src {style_source()}; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    known = {"Content-Security-Policy": policy, **_GUARD, **headers}
    return HTMLResponse(text, status_code=int(status), headers=known)


def without_opener_policy(response: Response, asked: Mapping[str, str]) -> Response:
    """Return the response without the policy about openers where no other site can have opened the page.

    The policy cuts the line to a window that another site holds. Where no site does, it only makes the browser change
    the process of the page.
    """
    if asked.get("sec-fetch-site") in _OWN_WAYS:
        del response.headers[_OPENER_POLICY]
    return response


def problem_page(status: int, detail: str) -> str:
    """Return the page of an error: what happened, and the way back."""
    title = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
    return render("problem.html", {"status": int(status), "title": title, "detail": detail, "home": HOME})
