"""The FastAPI application: routes, middleware and descriptions, assembled for one runtime."""

from collections.abc import Iterable, Sequence
from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig
from pydantic.json_schema import models_json_schema
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.api import problems
from grace_workers.entrypoints.api.body import BODIES
from grace_workers.entrypoints.api.counts import RequestCounts
from grace_workers.entrypoints.api.deliveries import check_signing
from grace_workers.entrypoints.api.envelope import Envelope
from grace_workers.entrypoints.api.event_stream import Streams
from grace_workers.entrypoints.api.lanes import Lanes
from grace_workers.entrypoints.api.logins import Logins
from grace_workers.entrypoints.api.metrics import FleetCollector
from grace_workers.entrypoints.api.rates import Rates
from grace_workers.entrypoints.api.readiness import Readiness
from grace_workers.entrypoints.api.recent_slices import RecentSlices
from grace_workers.entrypoints.api.routes import (
    answers,
    approvals,
    audit,
    autonomy,
    cases,
    coding,
    cycles,
    deployments,
    discoveries,
    events,
    funnel,
    goals,
    governance,
    handbook,
    health,
    heartbeats,
    improvements,
    incidents,
    instances,
    jobs,
    kernels,
    learning,
    levers,
    plans,
    playbooks,
    published,
    safe_points,
    shadow,
    sign_in,
    signal_list,
    signals,
    snapshots,
    stand_ins,
    storm,
    targets,
    windows,
)
from grace_workers.entrypoints.api.signing_in import SignIn
from grace_workers.entrypoints.api.submission import Backlog
from grace_workers.entrypoints.api.views.health import Problem
from grace_workers.entrypoints.api.violations import AccessWatch
from grace_workers.entrypoints.dashboard import create_site
from grace_workers.foundation.document import Document
from grace_workers.foundation.tracing import Tracer
from grace_workers.foundation.version import __version__
from grace_workers.signals import Source

_ABOUT = """
Grace heals software services: it receives signals, diagnoses, acts under contract, verifies, restores, and proves it.

Every request except the health checks carries `Authorization: Bearer <token>`; `grace token create` creates one.
Roles: a *reporter* can only send signals; a *viewer* reads; an *operator* reads, sends signals, submits, cancels,
replays and turns switches on; an *approver* also answers questions; an *admin* also creates tokens and turns switches
off. Every error is RFC 9457 problem details. With an `Idempotency-Key`, a task can be sent again safely.
"""

_ROOMS = (
    health,
    published,
    coding,
    safe_points,
    signals,
    signal_list,
    heartbeats,
    deployments,
    improvements,
    incidents,
    funnel,
    cases,
    approvals,
    snapshots,
    stand_ins,
    plans,
    playbooks,
    shadow,
    jobs,
    levers,
    instances,
    kernels,
    learning,
    cycles,
    goals,
    targets,
    discoveries,
    governance,
    sign_in,
    storm,
    autonomy,
    windows,
    audit,
    events,
    handbook,
    answers,
)
# Our own spans contain less: FastAPI's would carry messages and stack traces, past the guard of the collector.
_NONE_OF_ITS_OWN: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def create_app(runtime: Runtime) -> FastAPI:
    """Return the application over `runtime`, which the caller closes."""
    sources = runtime.catalogs.sources
    check_signing(runtime.settings.api.signing_secrets, list(sources))
    app = described_app(sources, tracer=runtime.tracer)
    fleet = runtime.fleet
    app.state.runtime = runtime
    app.state.archive = runtime.audit()
    app.state.fleet = fleet
    app.state.heed_only_5xx = frozenset(one.name for one in sources if one.heeds_only_5xx)
    app.state.rates = Rates()
    app.state.counts = RequestCounts()
    app.state.violations = AccessWatch(runtime)
    app.state.logins = Logins(runtime, app.state.counts, app.state.violations)
    app.state.lanes = Lanes()
    app.state.sign_in = SignIn.of_settings(runtime.settings.sign_in, runtime.identity())
    app.state.backlog = Backlog(runtime)
    app.state.looks = CapacityLimiter(1)
    app.state.slices = RecentSlices.of_ledger(runtime.ledger)
    app.state.streams = Streams()
    app.state.readiness = Readiness(runtime, fleet)
    app.state.collector = FleetCollector(runtime, fleet, app.state.counts, app.state.readiness)
    for address in ("/", "/dashboard"):
        app.add_route(address, _to_the_dashboard, methods=["GET"], include_in_schema=False)
    app.mount("/dashboard", create_site(app, runtime.clock))
    return app


async def _to_the_dashboard(_request: Request) -> Response:
    return RedirectResponse("/dashboard/overview", status_code=303)


def described_app(sources: Iterable[Source], *, tracer: Tracer | None = None) -> FastAPI:
    """Return the application without anything behind it: enough to describe itself, as in the reference."""
    app = FastAPI(
        title="Grace",
        version=__version__,
        summary="The public API of a grace_workers fleet.",
        description=_ABOUT,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        telemetry=_NONE_OF_ITS_OWN,
    )
    problems.install(app)
    for room in _ROOMS:
        app.include_router(room.router)
    known = list(sources)
    app.include_router(signals.rooted(known))
    app.add_middleware(Envelope, tracer=tracer)
    shown = [*app.routes, *signals.described(known).routes]
    app.openapi = lambda: _openapi(app, shown)  # type: ignore[method-assign] # FastAPI's own way to extend the document
    return app


def _openapi(app: FastAPI, routes: Sequence[BaseRoute]) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=routes,
            license_info=app.license_info,
        )
        kinds: tuple[type[Document], ...] = (*sorted(BODIES, key=lambda kind: kind.__name__), Problem)
        _, found = models_json_schema(
            [(kind, "validation") for kind in kinds], ref_template="#/components/schemas/{model}"
        )
        document.setdefault("components", {}).setdefault("schemas", {}).update(found["$defs"])
        app.openapi_schema = document
    return app.openapi_schema
