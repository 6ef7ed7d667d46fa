"""An API for a single test, one for all tests that change nothing, and helpers for calling them."""

import pytest

from tests.acceptance.api_world import api_world
from tests.conftest import _database

SIGNALS = "/api/v1/signals"


HEAL = "/elite/healing/task"


ORDER = {"target": "shop-web", "reason": "it does not answer", "playbook": "restart_dead_service"}


@pytest.fixture
def world(database_url, broker_url, tmp_path):
    with api_world(database_url, broker_url, tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shared(postgres_server, migrated_template, valkey_server, tmp_path_factory):
    """One world for all tests that change nothing."""
    folder = tmp_path_factory.mktemp("shared")
    with (
        _database(postgres_server, migrated_template) as url,
        api_world(url, valkey_server.url, folder) as found,
    ):
        yield found


def check_problem(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["detail"]
    return body["detail"]
