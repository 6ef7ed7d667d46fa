"""Task events: what Flower learns about each task, together and in order, also after a lost connection."""

import base64
import json
from collections import defaultdict

import pytest
import redis

from grace_workers.orchestration.job import Pool
from tests.integration.celery.fleet import bells, ended, ids, ready, started, worker
from tests.waiting import until

pytestmark = pytest.mark.servers

LIFE = ["task-received", "task-started", "task-succeeded"]


class Listener:
    """What a monitor receives: each task's events, and in how many messages they came."""

    def __init__(self, client: redis.Redis) -> None:
        self.messages = 0
        self.lives: dict[str, list[str]] = defaultdict(list)
        self._pubsub = client.pubsub(ignore_subscribe_messages=True)
        self._pubsub.psubscribe("*celeryev*")

    def heard(self) -> dict[str, list[str]]:
        """Receive what has come, and return all so far."""
        while message := self._pubsub.get_message(timeout=0.05):
            events = json.loads(base64.b64decode(json.loads(message["data"])["body"]))
            if isinstance(events, list):
                self.messages += 1
                for event in events:
                    self.lives[event["uuid"]].append(event["type"])
        return self.lives

    def close(self) -> None:
        """End the subscription."""
        self._pubsub.close()


@pytest.fixture
def listener(journal):
    ears = Listener(journal)
    yield ears
    ears.close()


def lose_its_connections(journal: redis.Redis) -> None:
    """Close the worker's own connections; those of its tasks only count."""
    for client in journal.client_list():
        if client["cmd"] in {"brpop", "evalsha", "publish"}:
            journal.client_kill_filter(_id=client["id"])


def whole(listener: Listener, count: int) -> bool:
    return sum(life == LIFE for life in listener.heard().values()) == count


def test_the_events_of_many_tasks_come_whole_in_order_and_together(broker_url, journal, doorbells, listener, tmp_path):
    with worker(broker_url, tmp_path, concurrency=8):
        ready(journal)
        doorbells.ring(bells(300))
        until(lambda: whole(listener, 300), within=30)
    assert listener.messages < 300 * len(LIFE) / 2


def test_the_events_of_a_lone_task_are_sent_at_once_and_in_order(broker_url, journal, doorbells, listener, tmp_path):
    with worker(broker_url, tmp_path):
        ready(journal)
        for count in (1, 2, 3):
            doorbells.ring(bells(1))
            until(lambda expected=count: whole(listener, expected), within=10)


@pytest.mark.parametrize("pool", [Pool.HEALING, Pool.CODING], ids=["threads", "processes"])
def test_what_ends_while_its_worker_stops_is_published_too(broker_url, journal, doorbells, listener, tmp_path, pool):
    held = bells(2, name="test.hold", pool=pool)
    with worker(broker_url, tmp_path, pool=pool) as process:
        doorbells.ring(held)
        until(lambda: len(started(journal)) == 2, within=20)
        process.terminate()
        until(lambda: b"Warm shutdown" in (tmp_path / "one.log").read_bytes(), within=10)
        journal.set("release", 1)
        assert process.wait(15) == 0
    until(lambda: whole(listener, 2), within=5)


def test_task_events_are_sent_again_after_the_connection_was_lost(broker_url, journal, doorbells, listener, tmp_path):
    with worker(broker_url, tmp_path):
        ready(journal)
        for count in range(1, 6):
            lost = bells(20)
            doorbells.ring(lost)
            # In the middle of it: a flush may be due at this moment.
            lose_its_connections(journal)
            until(lambda expected=count: len(ended(journal)) >= expected * 20, within=20)
            until(lambda: not journal.exists("grace.leased"), within=20)
        afterwards = bells(10)
        doorbells.ring(afterwards)
        until(lambda: set(ids(afterwards)) <= set(ended(journal)), within=20)
        until(lambda: all(listener.heard()[job] == LIFE for job in ids(afterwards)), within=10)
