"""Whether the API is alive, whether the fleet is ready, and its figures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from grace_workers.entrypoints.api.access import Given, known, requires
from grace_workers.entrypoints.api.metrics import render
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.readiness import Readiness
from grace_workers.entrypoints.api.views.health import Health, ReadinessView
from grace_workers.governance import Role

router = APIRouter(tags=["health"])

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PROXIED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_MOST_NAMES = 100


@router.get("/health", summary="The API answers")
async def health() -> Health:
    """Return at once, without looking at anything."""
    return Health()


@router.get("/healthz", summary="The API's process is alive")
async def healthz() -> Health:
    """Return at once: a supervisor restarts the process when this fails."""
    return Health()


@router.get(
    "/readyz",
    response_model=ReadinessView,
    summary="The fleet is able to work",
    responses={503: {"model": ReadinessView}},
)
async def readyz(request: Request) -> JSONResponse:
    """Check database, broker, leader, pools, audit sealing, kernels and playbooks; 503 when one of them fails.

    `degraded` is still 200: kernels that a node can do without for a while are not well, and are named.
    """
    readiness: Readiness = request.app.state.readiness
    # One at a time on a separate thread, so that it is delayed neither by a storm of work nor by many such questions.
    found = await to_thread.run_sync(readiness.look, limiter=request.app.state.looks)
    ready = all(one.ok for one in found)
    whole = "degraded" if any(one.degraded for one in found) else "ready"
    body = ReadinessView.model_validate({"status": whole if ready else "not ready", "checks": found})
    return JSONResponse(body.model_dump(mode="json"), status_code=200 if ready else 503)


async def _may_read(request: Request, given: Given) -> AsyncIterator[None]:
    settings = request.app.state.runtime.settings.api
    published = any(request.headers.get(name) for name in _PROXIED)
    if settings.open_metrics and settings.host in _LOOPBACK and not published:
        yield
        return
    async with asynccontextmanager(known)(request, given) as caller:
        await requires(Role.VIEWER)(request, caller)
        yield


@router.get(
    "/metrics",
    dependencies=[Depends(_may_read, scope="function")],
    response_class=Response,
    summary="Figures for Prometheus",
    responses=responses(401, 403, 422, 429, 503),
)
def metrics(
    request: Request,
    names: Annotated[
        list[str] | None,
        Query(alias="name[]", max_length=_MOST_NAMES, description="Only these figures; default: all"),
    ] = None,
) -> Response:
    """Return the fleet's figures in Prometheus text. It needs a viewer's token unless `api.open_metrics` is set."""
    return Response(render(request.app.state.collector, names), media_type=CONTENT_TYPE_LATEST)
