"""A broker that answers but refuses: as a replica, with full memory, a full disk, changed users. Workers wait."""

import time

import pytest
import redis

from grace_workers.adapters.celery import DoorbellPublisher, lanes
from tests.integration.celery.fleet import bells, ended, ids, ready, worker
from tests.waiting import until

pytestmark = [pytest.mark.redteam, pytest.mark.servers]

LASTS = 1.5


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Our own Valkey, one worker of it, and a connection that stays while others are refused."""
    from grace_workers.adapters.embedded import EmbeddedValkey

    folder = tmp_path_factory.mktemp("moods")
    server = EmbeddedValkey(folder / "valkey")
    server.start()
    control = redis.Redis.from_url(server.url, single_connection_client=True)
    with control, worker(server.url, folder) as process:
        ready(control)
        yield server, control, process
    server.stop()


def replica(control, _server):
    control.replicaof("127.0.0.1", 1)
    return lambda: control.replicaof("NO", "ONE")


def cut_off_replica(control, _server):
    control.config_set("replica-serve-stale-data", "no")
    control.replicaof("127.0.0.1", 1)
    return lambda: control.replicaof("NO", "ONE")


def full_memory(control, _server):
    control.config_set("maxmemory", 1)
    return lambda: control.config_set("maxmemory", 0)


def failing_disk(control, server):
    (server._files / "dump.rdb").mkdir(exist_ok=True)
    control.config_set("save", "3600 100000")
    control.bgsave()
    until(lambda: control.info("persistence")["rdb_last_bgsave_status"] == "err", within=10)
    return lambda: control.config_set("save", "")


def changed_password(control, server):
    control.config_set("requirepass", "another")
    control.client_kill_filter(_type="normal", skipme=True)
    return lambda: control.config_set("requirepass", server._password)


def taken_rights(control, _server):
    control.execute_command("ACL", "SETUSER", "default", "-@scripting", "-brpop", "-set")
    return lambda: control.execute_command("ACL", "SETUSER", "default", "+@all")


def no_more_clients(control, _server):
    control.config_set("maxclients", 1)
    control.client_kill_filter(_type="normal", skipme=True)
    control.client_kill_filter(_type="pubsub", skipme=True)
    return lambda: control.config_set("maxclients", 1000)


def paused(control, _server):
    control.execute_command("CLIENT", "PAUSE", 8000, "WRITE")
    return lambda: control.execute_command("CLIENT", "UNPAUSE")


@pytest.mark.parametrize(
    "mood",
    [replica, cut_off_replica, full_memory, failing_disk, changed_password, taken_rights, no_more_clients, paused],
)
def test_a_worker_survives_a_broker_that_refuses_and_continues_afterwards(house, mood):
    server, control, process = house
    publisher = DoorbellPublisher(server.url)
    before = bells(20)
    publisher.ring(before)
    until(lambda: control.llen("started") > 0, within=15)

    leave = mood(control, server)
    enters = time.monotonic()
    until(lambda: time.monotonic() - enters > LASTS or process.poll() is not None, within=10)
    leave()

    assert process.poll() is None
    (after,) = bells(1)
    until(lambda: rung(publisher, after), within=15)
    until(lambda: ended(control)[ids([after])[0]] >= 1, within=15)
    assert process.poll() is None
    until(lambda: not control.exists(lanes.LEASED_KEY), within=15)
    control.delete("started", "ended")
    publisher.close()


def rung(publisher, bell):
    """Ring as the relay does: again, until the broker has accepted it."""
    from grace_workers.foundation.errors import TransientError

    try:
        publisher.ring([bell])
    except TransientError:
        return False
    return True
