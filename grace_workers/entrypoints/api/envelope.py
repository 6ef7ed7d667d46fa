"""Security headers for every response, and one log line without secrets."""

import time
from collections.abc import Iterable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from grace_workers.entrypoints.api.problems import problem
from grace_workers.foundation.tracing import Tracer, current, root, sound, trace_id

log = structlog.get_logger()

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_STRICT = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_PAGE = (b"content-security-policy", b"default-src 'none'; style-src 'self'; frame-ancestors 'none'")
_LONGEST = 200
_QUIET = frozenset({"/health", "/healthz", "/readyz", "/metrics"})


class Envelope:
    """ASGI middleware. Logs the path without its query, and never a header."""

    def __init__(self, app: ASGIApp, tracer: Tracer | None = None) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\x00" in scope["path"] or b"%00" in scope.get("query_string", b""):
            refusal = problem(HTTPStatus.BAD_REQUEST, "the address holds a NUL character; remove it")
            await refusal(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def seal(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _guarded(message.get("headers", ()), scope["path"])
            await send(message)

        with self._traced(scope), bound_contextvars(**_trace_of_here()):
            try:
                await self._app(scope, receive, seal)
            finally:
                _tell(scope, status, time.perf_counter() - began)

    def _traced(self, scope: Scope) -> AbstractContextManager[None]:
        tracer = None if scope["path"] in _QUIET else self._tracer
        return root(tracer, f"HTTP {scope['method']}", _sent_along(scope), **{"url.path": scope["path"]})


def _trace_of_here() -> Mapping[str, str]:
    trace = trace_id(current())
    return {} if trace is None else {"trace": trace}


def _sent_along(scope: Scope) -> str | None:
    given = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
    return sound(given.decode("latin-1"))


def _guarded(given: Iterable[tuple[bytes, bytes]], path: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response with those that guard it; one that a page has set itself stays."""
    own = list(given)
    named = {name.lower() for name, _ in own}
    return [*own, *(one for one in (*_HEADERS, _PAGE if path == "/docs" else _STRICT) if one[0] not in named)]


def _tell(scope: MutableMapping[str, Any], status: int, took: float) -> None:
    tell = log.debug if scope["path"] in _QUIET else log.info
    caller = scope.get("state", {}).get("caller")
    tell(
        "request",
        method=scope["method"][:20],
        path=scope["path"][:_LONGEST],
        status=int(status),
        took=round(took, 4),
        caller=caller,
    )
