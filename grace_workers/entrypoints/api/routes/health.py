"""Whether the API lives, whether the fleet is ready, and its figures."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST

from grace_workers.entrypoints.api.access import Run, known, requires
from grace_workers.entrypoints.api.metrics import render
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views import Health
from grace_workers.governance import Role

router = APIRouter(tags=["health"])

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_bearer = HTTPBearer(auto_error=False)


@router.get("/health", summary="The API answers")
def health() -> Health:
    """Return at once, without looking at anything."""
    return Health()


@router.get("/healthz", summary="The API's process is alive")
def healthz() -> Health:
    """Return at once: a supervisor restarts the process when this fails."""
    return Health()


@router.get("/readyz", summary="The fleet can do its work", responses=responses(503))
def readyz(request: Request) -> JSONResponse:
    """Look at database, broker, leader, pools, audit sealing, kernels and playbooks; 503 when one is not well.

    `degraded` is still 200: kernels that a node can do without for a while are not well, and are named.
    """
    found = request.app.state.readiness.look()
    ready = all(one.ok for one in found)
    whole = "degraded" if any(one.degraded for one in found) else "ready"
    body: dict[str, Any] = {"status": whole if ready else "not ready", "checks": [asdict(one) for one in found]}
    return JSONResponse(body, status_code=200 if ready else 503)


def _may_read(
    request: Request, runtime: Run, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    settings = runtime.settings.api
    if not (settings.open_metrics and settings.host in _LOOPBACK):
        requires(Role.VIEWER)(known(request, runtime, given))


@router.get(
    "/metrics",
    dependencies=[Depends(_may_read)],
    response_class=Response,
    summary="Figures for Prometheus",
    responses=responses(401, 503),
)
def metrics(
    request: Request,
    names: Annotated[list[str] | None, Query(alias="name[]", description="Only these figures; all by default")] = None,
) -> Response:
    """Return the fleet's figures in Prometheus text. Open on loopback; elsewhere it takes a viewer's token."""
    return Response(render(request.app.state.collector, names), media_type=CONTENT_TYPE_LATEST)
