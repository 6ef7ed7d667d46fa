"""Refused requests become a signal of the API that refused them, and an incident that waits for a person."""

import pytest

from grace_workers.governance import Role
from tests.acceptance.api_world import api_world

pytestmark = pytest.mark.servers
LIMIT = 6


def test_who_keeps_asking_for_what_is_not_allowed_is_told_of_once(database_url, broker_url, tmp_path):
    with api_world(database_url, broker_url, tmp_path, refusals_until_signal=LIMIT) as world:
        guess = {"Authorization": "Bearer grace_" + "x" * 43}
        answers = [world.client.get("/api/v1/incidents", headers=guess).status_code for _ in range(LIMIT - 2)]
        answers += [world.post("/api/v1/windows", {}, role=Role.VIEWER).status_code]
        assert (answers, world.get("/api/v1/incidents").json()) == ([401] * (LIMIT - 2) + [403], [])
        for _ in range(3):
            assert world.post("/api/v1/windows", {}, role=Role.VIEWER).status_code == 403
        [incident] = world.get("/api/v1/incidents").json()
        assert (incident["target"], incident["severity"]) == ("grace.test-node.api", "error")
        assert f"{LIMIT} requests were refused at the API within 5 min, the last of token a-viewer" in incident["title"]
