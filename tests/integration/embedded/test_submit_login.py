"""The login of foreign Celery applications: they can submit an order, and nothing else."""

import pytest
import redis
from celery import Celery
from redis.exceptions import NoPermissionError

from grace_workers.adapters.celery import lanes

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("levels", [{}, {"priority_steps": list(range(10))}])
def test_a_foreign_celery_application_can_hand_in_an_order(valkey_server, broker_url, levels):
    with Celery("foreign", broker=valkey_server.submit_url, set_as_current=False) as foreign:
        foreign.conf.broker_transport_options = levels
        for priority in (None, 3, 9):
            foreign.send_task("grace.submit", kwargs={"name": "system.noop"}, queue="orchestration", priority=priority)
    with redis.Redis.from_url(broker_url) as fleet:
        queued = sum(fleet.llen(lanes.list_key("orchestration", level)) for level in lanes.LEVELS)
        assert queued == 3


ORDERS = [
    "GET grace.marker", "SET grace.marker x", "DEL orchestration", "LRANGE orchestration 0 -1", "RPOP orchestration",
    "LPUSH healing x", "LPUSH healing.express x", "LPUSH orchestration.express x", "LPUSH orchestration:wake 1",
    "LPUSH only:here:orchestration x", "HSET grace.leased a b", "HGETALL grace.leased", "ZADD grace.leases 0 x",
    "LPUSH grace.unreadable x", "SADD _kombu.binding.celery.pidbox x", "SMEMBERS _kombu.binding.healing",
    "PUBLISH /0.celery.pidbox x", "PUBLISH /0.celeryev/task.x x", "SUBSCRIBE /0.celeryev/task.x", "PSUBSCRIBE *",
    "KEYS *", "SCAN 0", "FLUSHALL", "FLUSHDB", "CONFIG GET *", "CONFIG SET maxmemory 1", "SHUTDOWN",
    "CLIENT LIST", "CLIENT KILL ID 1", "CLIENT PAUSE 1", "MONITOR", "ACL LIST", "ACL WHOAMI", "REPLICAOF no one",
    "EVAL return 0", "SCRIPT FLUSH", "MODULE LIST", "SAVE", "INFO", "SELECT 1", "SWAPDB 0 1", "WAIT 1 1", "DBSIZE",
    "EXPIRE orchestration 1", "RENAME orchestration x", "COPY orchestration x", "RPUSH orchestration x",
]  # fmt: skip


@pytest.mark.parametrize("order", ORDERS)
def test_nothing_else_is_allowed_to_it(valkey_server, broker_url, order):
    with redis.Redis.from_url(valkey_server.submit_url) as foreign, pytest.raises(NoPermissionError):
        foreign.execute_command(*order.split())


def test_its_password_is_not_the_fleets_and_only_the_owner_can_read_it(valkey_server):
    folder = valkey_server._place.folder
    assert (folder / "submit.url").read_text().strip() == valkey_server.submit_url
    assert (folder / "submit.url").stat().st_mode & 0o077 == 0
    assert valkey_server._password not in valkey_server.submit_url


@pytest.mark.parametrize("size", [1_100_000, 60_000_000])
def test_the_server_refuses_a_message_of_many_megabytes(broker_url, size):
    with redis.Redis.from_url(broker_url) as client, pytest.raises((redis.RedisError, OSError)):
        client.lpush("orchestration", b"x" * size)
    with redis.Redis.from_url(broker_url) as client:
        assert client.llen("orchestration") == 0
