"""`health_endpoint`: liveness and readiness of a FastAPI application, as balancers and orchestrators ask for them."""

from grace_workers.coding.recipes._health import HealthEndpoints, HealthOptions
from grace_workers.coding.recipes.recipe import Recipe
from grace_workers.coding.task import TaskType

_CODE = '''"""Whether the process is alive, and whether it can serve: what load balancers and orchestrators ask for."""

import logging
from collections.abc import Callable

from fastapi import APIRouter, Response

log = logging.getLogger(__name__)
router = APIRouter(prefix="/health", tags=["health"])
CHECKS: dict[str, Callable[[], object]] = {}


def ready_when(name: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Register a function that raises an exception while the application cannot serve."""

    def register(check: Callable[[], object]) -> Callable[[], object]:
        CHECKS[name] = check
        return check

    return register


@router.get("/live")
def live() -> dict[str, str]:
    """Answer as long as the process can answer at all."""
    return {"status": "alive"}


@router.get("/ready")
def ready(response: Response) -> dict[str, object]:
    """Answer 200 if every check passes, otherwise 503 with the names of those that fail."""
    results = {name: _passes(name, check) for name, check in CHECKS.items()}
    well = all(results.values())
    response.status_code = 200 if well else 503
    checks = {name: "ok" if passed else "failed" for name, passed in results.items()}
    return {"status": "ready" if well else "not ready", "checks": checks}


def _passes(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except Exception:
        # The answer is public, so the reason is only logged.
        log.exception("health check %s failed", name)
        return False
    return True
'''
_TESTS = """import pytest
from fastapi.testclient import TestClient

from {health} import CHECKS, ready_when
from {module} import {app}


@pytest.fixture(autouse=True)
def no_checks(monkeypatch):
    for name in list(CHECKS):
        monkeypatch.delitem(CHECKS, name)
    yield
    CHECKS.clear()


def test_a_process_that_answers_is_alive():
    answer = TestClient({app}).get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {{"status": "alive"}})


def test_it_is_ready_when_every_check_passes():
    ready_when("database")(lambda: None)
    answer = TestClient({app}).get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {{"status": "ready", "checks": {{"database": "ok"}}}})


def test_a_check_that_fails_makes_it_not_ready_and_its_reason_stays_inside():
    @ready_when("database")
    def connect():
        raise ConnectionError("secret-host:5432 refuses")

    ready_when("queue")(lambda: None)
    answer = TestClient({app}).get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {{"status": "not ready", "checks": {{"database": "failed", "queue": "ok"}}}}
    assert "secret-host" not in answer.text
"""

_ENDPOINTS = HealthEndpoints(framework="FastAPI", offers="router", adds="include_router", code=_CODE, tests=_TESTS)

DEFINITION = Recipe(
    name="health_endpoint",
    about="liveness and readiness of a FastAPI application",
    task=TaskType.BUILD_FEATURE,
    options=HealthOptions,
    write=_ENDPOINTS.write,
)
