"""The transport under real workers: nothing is lost, order holds, express slots stay free."""

import json
import os
import signal

import psutil
import pytest
from celery import Celery

from grace_workers.adapters.celery import BrokerConfig, build_app, lanes, scripts
from grace_workers.orchestration.job import Pool
from tests.integration.celery.fleet import bells, ended, ids, ready, started, worker
from tests.waiting import until

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("pool", [Pool.HEALING, Pool.CODING])
def test_every_rung_job_runs_once_and_no_lease_stays(broker_url, journal, doorbells, tmp_path, pool):
    rung = bells(300, pool=pool)
    with worker(broker_url, tmp_path, pool=pool) as process:
        doorbells.ring(rung)
        until(lambda: journal.llen("ended") >= 300, within=40)
        until(lambda: not journal.exists(lanes.LEASED_KEY, lanes.LEASES_KEY), within=5)
        process.terminate()
        assert process.wait(20) == 0
    assert dict.fromkeys(ids(rung), 1) == dict(ended(journal))


def test_a_more_urgent_level_runs_first_regardless_of_the_order_of_doorbells(broker_url, journal, doorbells, tmp_path):
    low, middle, high = bells(5, priority=1), bells(5, priority=5), bells(5, priority=8)
    for rung in (low, middle, high):
        doorbells.ring(rung)
    with worker(broker_url, tmp_path, concurrency=1):
        until(lambda: journal.llen("ended") >= 15, within=30)
    assert [*ids(high), *ids(middle), *ids(low)] == started(journal)


def test_an_urgent_job_starts_although_every_ordinary_slot_is_taken(broker_url, journal, doorbells, tmp_path):
    ordinary, urgent = bells(3, name="test.hold"), bells(1, priority=10)
    with worker(broker_url, tmp_path, concurrency=2):
        doorbells.ring(ordinary)
        until(lambda: len(started(journal)) == 2, within=20)
        doorbells.ring(urgent)
        until(lambda: ended(journal)[ids(urgent)[0]], within=5)
        assert len(started(journal)) == 3, "the third ordinary job must leave the express slot alone"
        journal.set("release", 1)
        until(lambda: journal.llen("ended") == 4, within=10)


def test_a_freed_ordinary_slot_is_filled_at_once(broker_url, journal, doorbells, tmp_path):
    with worker(broker_url, tmp_path, concurrency=2, environment={"RECORDING_SECONDS": "0.05"}):
        doorbells.ring(bells(100))
        until(lambda: journal.llen("ended") >= 2, within=20)
        until(lambda: journal.llen("ended") == 100, within=5)


def test_a_worker_frozen_while_idle_and_killed_takes_no_message_with_it(broker_url, journal, doorbells, tmp_path):
    with worker(broker_url, tmp_path, name="frozen") as frozen:
        ready(journal)
        os.kill(frozen.pid, signal.SIGSTOP)
        rung = bells(3)
        doorbells.ring(rung)
        os.kill(frozen.pid, signal.SIGKILL)
        frozen.wait(10)
    with worker(broker_url, tmp_path, name="living"):
        until(lambda: journal.llen("ended") == 3, within=20)
    assert dict.fromkeys(ids(rung), 1) == dict(ended(journal))


@pytest.mark.fleet
def test_a_worker_killed_under_load_loses_no_message(broker_url, journal, doorbells, tmp_path):
    rung = bells(1500)
    doorbells.ring(rung)
    for round_number in range(3):
        with worker(broker_url, tmp_path, name=f"victim{round_number}", concurrency=4) as victim:
            before = journal.llen("ended")
            until(lambda before=before: journal.llen("ended") >= before + 60, within=20)
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait(10)
    with worker(broker_url, tmp_path, name="last", concurrency=4):
        until(lambda: len(ended(journal)) == 1500, within=40)
        until(lambda: not journal.exists(lanes.LEASED_KEY), within=10)


@pytest.mark.fleet
def test_a_killed_workers_job_starts_again_within_seconds(broker_url, journal, doorbells, tmp_path):
    with worker(broker_url, tmp_path, name="victim") as victim:
        doorbells.ring(bells(1, name="test.hold"))
        until(lambda: len(started(journal)) == 1, within=20)
        with worker(broker_url, tmp_path, name="heir"):
            ready(journal, workers=2)
            victim.kill()
            victim.wait(10)
            until(lambda: len(started(journal)) == 2, within=5)
            journal.set("release", 1)
            until(lambda: journal.llen("ended") == 1, within=10)


@pytest.mark.fleet
def test_a_long_job_keeps_its_lease(broker_url, journal, doorbells, tmp_path):
    with worker(broker_url, tmp_path, name="one"), worker(broker_url, tmp_path, name="two"):
        doorbells.ring(bells(1, name="test.hold"))
        until(lambda: len(started(journal)) == 1, within=20)
        (first,) = [score for _, score in journal.zrange(lanes.LEASES_KEY, 0, -1, withscores=True)]
        until(lambda: journal.zrange(lanes.LEASES_KEY, 0, -1, withscores=True)[0][1] > first + 4, within=10)
        assert len(started(journal)) == 1
        journal.set("release", 1)
        until(lambda: journal.llen("ended") == 1, within=10)


@pytest.mark.fleet
def test_a_woken_zombie_can_neither_renew_nor_settle_a_reassigned_job(broker_url, journal, doorbells, tmp_path):
    rung = bells(1, name="test.hold")
    with worker(broker_url, tmp_path, name="zombie") as zombie:
        doorbells.ring(rung)
        until(lambda: len(started(journal)) == 1, within=20)
        os.kill(zombie.pid, signal.SIGSTOP)
        with worker(broker_url, tmp_path, name="heir"):
            until(lambda: len(started(journal)) == 2, within=20)
            assert journal.lindex("started", 1).decode().split()[2] == "1", "the second delivery says so"
            os.kill(zombie.pid, signal.SIGCONT)
            zombie.terminate()
            journal.set("release", 1)
            zombie.wait(20)
            until(lambda: journal.llen("ended") == 2, within=10)
            until(lambda: not journal.exists(lanes.LEASED_KEY), within=5)


def test_a_stopped_worker_finishes_what_runs_and_settles_it(broker_url, journal, doorbells, tmp_path):
    with worker(broker_url, tmp_path) as process:
        doorbells.ring(bells(2, name="test.hold"))
        until(lambda: len(started(journal)) == 2, within=20)
        process.terminate()
        until(lambda: b"Warm shutdown" in (tmp_path / "one.log").read_bytes(), within=10)
        journal.set("release", 1)
        assert process.wait(15) == 0
    assert journal.llen("ended") == 2
    assert not journal.exists(lanes.LEASED_KEY, lanes.LEASES_KEY)


def test_a_foreign_application_with_a_stock_transport_is_understood(broker_url, journal, tmp_path):
    foreign = Celery("foreign", broker=broker_url, set_as_current=False)
    foreign.send_task("test.note", args=["from-afar"], queue="orchestration")
    foreign.close()
    with worker(broker_url, tmp_path, pool=Pool.ORCHESTRATION):
        until(lambda: ended(journal)["from-afar"], within=20)


def test_a_message_without_priority_is_a_normal_one(broker_url, journal):
    app = build_app(BrokerConfig(url=broker_url))

    @app.task(name="test.note", shared=False)
    def note(job_id):
        """Never run here."""

    note.apply_async(args=["x"], queue="healing")
    app.close()
    assert journal.llen(lanes.list_key("healing", 5)) == 1
    assert journal.llen(lanes.wake_key("healing")) == 1


def test_what_is_not_a_message_is_parked_and_stops_no_worker(broker_url, journal, doorbells, tmp_path):
    for rubbish in (b"\xff\x00 not json", b"[]", json.dumps({"properties": {}}).encode()):
        journal.rpush(lanes.list_key("healing", 5), rubbish)
    doorbells.ring(bells(1))
    with worker(broker_url, tmp_path):
        until(lambda: journal.llen("ended") == 1, within=20)
    assert journal.llen(lanes.UNREADABLE_KEY) == 3


@pytest.mark.parametrize("script", [scripts.GIVE_BACK, scripts.SETTLE], ids=["given back", "settled"])
@pytest.mark.parametrize("waits", [True, False], ids=["a fetch waits for a place", "none waits"])
def test_an_ended_lease_wakes_the_fetch_that_waits_for_its_place(broker_url, journal, doorbells, script, waits):
    (bell,) = bells(1)
    doorbells.ring([bell])
    healing, own = lanes.list_key("healing", 5), lanes.wake_key("grace.slots:me")
    leases = [lanes.LEASED_KEY, lanes.LEASES_KEY]
    kept = [*leases, lanes.UNREADABLE_KEY, lanes.UNREADABLE_COUNT_KEY]
    wake = lanes.wake_key("healing")
    _, text, tag = journal.eval(scripts.FETCH, 6, *kept, wake, healing, "me", "1", wake)
    assert json.loads(text)["properties"]["delivery_tag"] == tag.decode()
    arguments = [tag, str(int(waits)), "LPUSH"]
    assert journal.eval(script, 5, *kept, own, "another", *arguments) == 0
    assert journal.hexists(lanes.LEASED_KEY, tag)
    journal.delete(own)
    assert journal.eval(script, 5, *kept, own, "me", *arguments) == 1
    assert journal.llen(own) == int(waits)
    assert not journal.exists(*leases)
    assert journal.llen(healing) == int(script is scripts.GIVE_BACK)


def test_a_channel_keeps_its_client_until_its_pool_is_gone(broker_url):
    with build_app(BrokerConfig(url=broker_url)).connection_for_read() as connection:
        channel = connection.default_channel
        with channel.conn_or_acquire() as first, channel.conn_or_acquire() as again:
            assert first is again
            assert first.ping()
        pool = first.connection_pool
        channel._disconnect_pools()
        with channel.conn_or_acquire() as fresh:
            assert fresh.connection_pool is not pool
            assert fresh.ping()


def test_a_lost_pool_child_gives_its_message_back(broker_url, journal, doorbells, tmp_path):
    with worker(broker_url, tmp_path, pool=Pool.CODING, concurrency=1) as process:
        doorbells.ring(bells(1, name="test.hold", pool=Pool.CODING))
        until(lambda: len(started(journal)) == 1, within=20)
        for child in psutil.Process(process.pid).children():
            child.kill()
        until(lambda: len(started(journal)) == 2, within=10)
        journal.set("release", 1)
        until(lambda: journal.llen("ended") == 1, within=10)
