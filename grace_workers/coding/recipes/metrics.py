"""`metrics`: how many requests a FastAPI application answers, how, and how long they take, for Prometheus."""

from grace_workers.coding.engines.recipe.insertion import extension
from grace_workers.coding.reason import Reason
from grace_workers.coding.recipes.recipe import Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

_CODE = '''"""How many requests are answered, how, and how long they take: what Prometheus reads at /metrics."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REQUESTS = Histogram("http_request_seconds", "Time of a request, by route", ["method", "route", "status"])
router = APIRouter()


@router.get("/metrics", include_in_schema=False)
def metrics() -> Response:
    """Answer with every metric of the process, as text."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class Measured:
    """Measures every request. A route counts by its pattern, so that paths with ids make one series."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and observe how it ends."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def told(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, told)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"] if scope["method"] in METHODS else "other"
            REQUESTS.labels(method, route, str(status)).observe(time.perf_counter() - began)
'''
_TESTS = """from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY

from {metrics} import Measured
from {module} import {app}


def count(method, route, status):
    labels = {{"method": method, "route": route, "status": status}}
    return REGISTRY.get_sample_value("http_request_seconds_count", labels) or 0


def measured():
    app = FastAPI()
    app.add_middleware(Measured)

    @app.get("/thing_of_metrics/{{number}}")
    def thing(number: int):
        return 1 // number

    return TestClient(app, raise_server_exceptions=False)


def test_the_application_shows_its_own_requests():
    client = TestClient({app})
    before = count("GET", "/metrics", "200")
    assert client.get("/metrics").headers["content-type"].startswith("text/plain")
    assert count("GET", "/metrics", "200") == before + 1
    assert "http_request_seconds_bucket" in client.get("/metrics").text


def test_paths_of_one_route_count_together():
    before = count("GET", "/thing_of_metrics/{{number}}", "200")
    for number in (1, 2, 3):
        measured().get(f"/thing_of_metrics/{{number}}")
    assert count("GET", "/thing_of_metrics/{{number}}", "200") == before + 3


def test_an_exception_counts_as_500():
    before = count("GET", "/thing_of_metrics/{{number}}", "500")
    assert measured().get("/thing_of_metrics/0").status_code == 500
    assert count("GET", "/thing_of_metrics/{{number}}", "500") == before + 1


def test_strangers_make_no_new_series():
    before = count("other", "unmatched", "404")
    for path in ("/a_of_metrics", "/b_of_metrics"):
        measured().request("BREW", path)
    assert count("other", "unmatched", "404") == before + 2
"""


class MetricsOptions(Document):
    """`application` is the file that makes the application, where there are several."""

    application: str | None = None


def _write(options: MetricsOptions, site: Site) -> RecipeFiles | Reason:
    made = extension(site, "FastAPI", options.application, "metrics", route="/metrics")
    if isinstance(made, Reason):
        return made
    lines = f"{made.app}.add_middleware(Measured)\n{made.app}.include_router(metrics_router)\n"
    return RecipeFiles(
        new={made.file: _CODE},
        changed=made.known(lines, "Measured, router as metrics_router"),
        tests={site.test_file("metrics"): _TESTS.format(metrics=made.name, **made.facts)},
        subject=f"Show the requests of {made.home.file} at /metrics",
        story=(
            f"{made.app} of {made.home.file} measures every request by method, route and status; /metrics shows that",
            "each process counts for itself, and /metrics is as public as the other routes",
        ),
    )


DEFINITION = Recipe(
    name="metrics",
    about="requests of a FastAPI application for Prometheus",
    task=TaskType.BUILD_FEATURE,
    options=MetricsOptions,
    write=_write,
)
