"""`flask_health`: liveness and readiness of a Flask application, as balancers and orchestrators ask for them."""

from grace_workers.coding.recipes._health import HealthEndpoints, HealthOptions
from grace_workers.coding.recipes.recipe import Recipe
from grace_workers.coding.task import TaskType

_CODE = '''"""Whether the process is alive, and whether it can serve: what load balancers and orchestrators ask for."""

import logging
from collections.abc import Callable

from flask import Blueprint

log = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__, url_prefix="/health")
CHECKS: dict[str, Callable[[], object]] = {}


def ready_when(name: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Register a function that raises an exception while the application cannot serve."""

    def register(check: Callable[[], object]) -> Callable[[], object]:
        CHECKS[name] = check
        return check

    return register


@blueprint.get("/live")
def live() -> dict[str, str]:
    """Answer as long as the process can answer at all."""
    return {"status": "alive"}


@blueprint.get("/ready")
def ready() -> tuple[dict[str, object], int]:
    """Answer 200 if every check passes, otherwise 503 with the names of those that fail."""
    results = {name: _passes(name, check) for name, check in CHECKS.items()}
    well = all(results.values())
    checks = {name: "ok" if passed else "failed" for name, passed in results.items()}
    return {"status": "ready" if well else "not ready", "checks": checks}, 200 if well else 503


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

from {health} import CHECKS, ready_when
from {module} import {app}


@pytest.fixture(autouse=True)
def no_checks(monkeypatch):
    for name in list(CHECKS):
        monkeypatch.delitem(CHECKS, name)
    yield
    CHECKS.clear()


def asked(path):
    answer = {app}.test_client().get(path)
    return answer.status_code, answer.get_json()


def test_a_process_that_answers_is_alive():
    assert asked("/health/live") == (200, {{"status": "alive"}})


def test_it_is_ready_when_every_check_passes():
    ready_when("database")(lambda: None)
    assert asked("/health/ready") == (200, {{"status": "ready", "checks": {{"database": "ok"}}}})


def test_a_check_that_fails_makes_it_not_ready_and_its_reason_stays_inside():
    @ready_when("database")
    def connect():
        raise ConnectionError("secret-host:5432 refuses")

    ready_when("queue")(lambda: None)
    checks = {{"database": "failed", "queue": "ok"}}
    assert asked("/health/ready") == (503, {{"status": "not ready", "checks": checks}})
"""

_ENDPOINTS = HealthEndpoints(framework="Flask", offers="blueprint", adds="register_blueprint", code=_CODE, tests=_TESTS)

DEFINITION = Recipe(
    name="flask_health",
    about="liveness and readiness of a Flask application",
    task=TaskType.BUILD_FEATURE,
    options=HealthOptions,
    write=_ENDPOINTS.write,
)
