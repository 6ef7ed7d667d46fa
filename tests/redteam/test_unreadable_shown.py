"""Operators see parked messages by route, command and metric, and no message can harm any of these."""

from queue import Empty

import pytest
import redis

from grace_workers.adapters.celery import BrokerConfig, build_app, lanes
from grace_workers.governance import Role
from tests.acceptance.api_world import ApiWorld

pytestmark = pytest.mark.servers

POISON = b"\x1b]0;owned\x07\x1b[2J password=hunter2\n\xe2\x80\xae\xff"


@pytest.fixture
def parked(api: ApiWorld, broker_url: str) -> ApiWorld:
    """An API over a broker from which a worker's channel has just fetched poison."""
    with redis.Redis.from_url(broker_url) as client:
        client.lpush(lanes.list_key("healing", 5), POISON)
    with build_app(BrokerConfig(url=broker_url)).connection_for_read() as connection, pytest.raises(Empty):
        connection.default_channel._get("healing")
    return api


def test_an_operator_sees_what_was_parked_and_nothing_in_it_is_obeyed_or_secret(parked: ApiWorld) -> None:
    found = parked.get("/api/v1/jobs/unreadable", role=Role.OPERATOR).json()
    assert found["count"] == 1
    (one,) = found["newest"]
    assert (one["queue"], one["size"], one["why"]) == ("healing", len(POISON), "it is not JSON")
    assert one["text"].isprintable()
    assert "hunter2" not in one["text"]


def test_a_viewer_and_a_stranger_see_nothing_of_it(parked: ApiWorld) -> None:
    assert parked.get("/api/v1/jobs/unreadable", role=Role.VIEWER).status_code == 403
    assert parked.get("/api/v1/jobs/unreadable", role=None).status_code == 401


def test_the_metrics_count_it(parked: ApiWorld) -> None:
    shown = parked.get("/metrics", role=Role.VIEWER).text
    assert "grace_queue_unreadable_total 1.0" in shown


@pytest.mark.parametrize("limit", [0, 1001, "x"])
def test_a_limit_out_of_bounds_is_refused(parked: ApiWorld, limit: object) -> None:
    assert parked.get(f"/api/v1/jobs/unreadable?limit={limit}", role=Role.OPERATOR).status_code == 422
