"""The session of a browser: the token itself, in a cookie that scripts cannot read and other sites cannot send.

There is no session store: a session ends when the token expires or is revoked, it survives a restart of the API, and
every API process accepts it. The CSRF token is derived from the token, so it needs no store either.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "grace_session"
_LONGEST = 512
_PURPOSE = b"grace dashboard form"


def token_of(request: Request) -> str | None:
    """Return the token of the session, or None without a session."""
    found = request.cookies.get(COOKIE, "")
    return found if 0 < len(found) <= _LONGEST and found.isascii() else None


def csrf_of(token: str) -> str:
    """Return the CSRF token that each form of the session carries; only a holder of the token can compute it."""
    return hmac.new(token.encode(), _PURPOSE, hashlib.sha256).hexdigest()


def carries(token: str, given: str) -> bool:
    """Return whether a form was made for this session."""
    return hmac.compare_digest(csrf_of(token).encode(), given.encode(errors="replace"))


def is_own_site(headers: Mapping[str, str]) -> bool:
    """Return whether a form was sent from a page of this site, as far as the browser says.

    A client that sends neither header is not a browser, so no other site can have made it send the form.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host", "")


def open_session(response: Response, request: Request, token: str, expires_at: str | None) -> None:
    """Set the cookie: it lasts as long as the token, or without an expiry until the browser is closed."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=None if expires_at is None else _seconds_until(expires_at),
        path="/dashboard",
        secure=is_https(request),
        httponly=True,
        samesite="strict",
    )


def is_https(request: Request) -> bool:
    """Return whether the browser reaches us over https, itself or through a proxy."""
    return "https" in {request.url.scheme, request.headers.get("x-forwarded-proto")}


def close_session(response: Response) -> None:
    """Let the browser forget the token."""
    response.delete_cookie(COOKIE, path="/dashboard", httponly=True, samesite="strict")


def _seconds_until(moment: str) -> int:
    return max(0, int((datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()))
