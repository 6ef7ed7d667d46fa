"""What someone with the broker's password can push: no message ends a worker, and none vanishes unseen."""

import pytest
from celery import Celery
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grace_workers.adapters.celery import DoorbellPublisher, lanes
from tests.integration.celery.conftest import doorbells, journal
from tests.integration.celery.fleet import bells, ended, ids, ready, started, worker
from tests.redteam.poison import changed, every_change, honest, poison, text_of
from tests.waiting import until

__all__ = ["doorbells", "journal"]

pytestmark = pytest.mark.servers

HEALING = lanes.list_key("healing", 5)
LARGE = 1_500_000
COUNT = "grace.unreadable.count"


@pytest.fixture(scope="module")
def attacked(valkey_server, tmp_path_factory):
    """One real worker under attack; each attack must leave the very process at work."""
    with worker(valkey_server.url, tmp_path_factory.mktemp("attacked")) as process:
        yield process


def still_works(process, journal, doorbells):
    """Ring an honest doorbell after the attack, and check that the same process answers it."""
    (bell,) = bells(1, priority=1)
    doorbells.ring([bell])
    until(lambda: ended(journal)[ids([bell])[0]] == 1, within=15)
    assert process.poll() is None


def attack(journal, *texts):
    """Push as a client does: the message, then a token."""
    with journal.pipeline(transaction=False) as pipe:
        for text in texts:
            pipe.lpush(HEALING, text)
            pipe.lpush(lanes.wake_key("healing"), "1")
        pipe.execute()


def test_no_odd_member_of_a_message_ends_a_worker_and_each_is_parked_or_answered(attacked, journal, doorbells):
    texts = every_change()
    attack(journal, *texts)
    still_works(attacked, journal, doorbells)
    until(lambda: not journal.exists(lanes.LEASED_KEY), within=10)
    parked, answered = int(journal.get(COUNT)), len(started(journal)) - 1
    assert parked + answered == len(texts)
    assert parked > 250


def test_no_message_that_can_be_drawn_ends_a_worker(attacked, journal, doorbells):
    @settings(
        max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.lists(poison(), min_size=20, max_size=40))
    def drawn(texts):
        attack(journal, *texts)
        still_works(attacked, journal, doorbells)

    drawn()


def test_a_message_of_many_megabytes_is_parked_with_its_beginning_only(attacked, journal, doorbells):
    journal.config_set("proto-max-bulk-len", "2mb")
    attack(journal, b"x" * LARGE, text_of({**honest(), "body": "A" * LARGE}))
    still_works(attacked, journal, doorbells)
    kept = journal.lrange(lanes.UNREADABLE_KEY, 0, -1)
    assert len(kept) == 2
    assert max(map(len, kept)) < 3_000


def test_a_row_of_poison_does_not_hold_the_broker_up(attacked, journal, doorbells):
    attack(journal, *[b"no message %d" % number for number in range(3_000)])
    still_works(attacked, journal, doorbells)
    assert int(journal.get(COUNT)) == 3_000
    assert journal.llen(lanes.UNREADABLE_KEY) == 1_000


def test_a_copy_of_a_message_that_is_being_answered_is_parked(attacked, journal, doorbells):
    (bell,) = bells(1, name="test.hold")
    doorbells.ring([bell])
    until(lambda: len(started(journal)) == 1, within=15)
    (leased,) = journal.hvals(lanes.LEASED_KEY)
    copy = leased.split(b"\n", 3)[3]
    attack(journal, copy, copy.replace(b'"redelivered": false', b'"redelivered": true'))
    still_works(attacked, journal, doorbells)
    assert len(started(journal)) == 2
    assert int(journal.get(COUNT)) == 2
    journal.set("release", 1)
    until(lambda: not journal.exists(lanes.LEASED_KEY), within=10)


TYPED = {
    HEALING: "list",
    lanes.wake_key("healing"): "list",
    lanes.wake_key("healing.express"): "list",
    lanes.UNREADABLE_KEY: "list",
    lanes.LEASED_KEY: "hash",
    lanes.LEASES_KEY: "zset",
    COUNT: "string",
    f"{lanes.PRESENCE_PREFIX}healing@one": "string",
    "_kombu.binding.celery.pidbox": "set",
    "_kombu.binding.healing": "set",
}


@pytest.mark.parametrize("kind", ["string", "set"])
def test_a_key_of_the_wrong_type_is_cleared_and_stops_no_worker(attacked, journal, doorbells, kind):
    ready(journal)
    wrong = [key for key, wanted in TYPED.items() if wanted != kind]
    for key in wrong:
        journal.delete(key)
        journal.set(key, "x") if kind == "string" else journal.sadd(key, "x")
    journal.lpush(lanes.list_key("healing", 3), b"no message")
    # A publisher cannot push onto such a key either; it retries, and by then the worker has cleared it.
    cleared = [key for key in wrong if not key.startswith("_kombu")]
    until(lambda: all(journal.type(key) != kind.encode() for key in cleared), within=10)
    still_works(attacked, journal, doorbells)


def test_odd_members_of_the_lease_tables_delay_no_takeover(attacked, journal, doorbells):
    ready(journal)
    odd = {
        "no lines": b"x",
        "empty": b"",
        "two": b"a\nb",
        "no list": b"a\nb\n\ntext",
        "binary": b"\xff\n\xfe\n\x00\n\x01",
    }
    journal.hset(lanes.LEASED_KEY, mapping=odd)
    journal.zadd(lanes.LEASES_KEY, dict.fromkeys([*odd, "of nothing"], 0))
    journal.set("a string", "x")
    journal.hset(lanes.LEASED_KEY, "wrong place", b"a\na string\na string\ntext")
    journal.zadd(lanes.LEASES_KEY, {"wrong place": 0})
    until(lambda: not journal.exists(lanes.LEASED_KEY, lanes.LEASES_KEY), within=10)
    still_works(attacked, journal, doorbells)


BROADCASTS = (b"{}", b"[]", b"7", b"{", b"[" * 100_000, b'{"properties": {}}', b"\xff")


@pytest.mark.parametrize("channel", ["/0.celery.pidbox", "/0.celeryev/task.sent", "/0.celeryev/worker.heartbeat"])
def test_no_broadcast_ends_a_worker(attacked, journal, doorbells, channel):
    ready(journal)
    before = journal.info("stats")["total_connections_received"]
    for text in (*BROADCASTS, *(text_of(changed("envelope", "headers", odd)) for odd in ([], 7, None))):
        journal.publish(channel, text)
    still_works(attacked, journal, doorbells)
    assert journal.info("stats")["total_connections_received"] - before < 5


def test_what_is_parked_says_when_where_how_large_and_why(attacked, broker_url, journal, doorbells):
    attack(journal, text_of(changed("headers", "task", "no.such.task")), b"\x1b[2Jno message")
    still_works(attacked, journal, doorbells)
    publisher = DoorbellPublisher(broker_url)
    found = publisher.unreadable()
    publisher.close()
    assert found.count == 2
    newest = {one.why: one for one in found.newest}
    assert set(newest) == {"it is not JSON", "no task is named 'no.such.task'"}
    assert newest["it is not JSON"].text == "\\x1b[2Jno message"
    assert {(one.queue, one.size) for one in found.newest if "JSON" in one.why} == {("healing", 14)}


BROADCAST_ORDERS = [
    ("rate_limit", {"task_name": "test.note", "rate_limit": "1/h"}),
    ("cancel_consumer", {"queue": "healing"}),
    ("add_consumer", {"queue": "evil"}),
    ("pool_shrink", {"n": 99}),
    ("pool_grow", {"n": 99}),
    ("autoscale", {"max": 0, "min": 0}),
    ("time_limit", {"task_name": "test.note", "soft": 0.001, "hard": 0.001}),
    ("revoke", {"task_id": "x", "terminate": True}),
    ("terminate", {"task_id": "x", "signal": "KILL"}),
    ("disable_events", {}),
    ("pool_restart", {}),
    ("shutdown", {}),
    ("memdump", {}),
    (["ping"], {}),
]


def test_a_broadcast_orders_nothing_and_ping_is_answered(attacked, broker_url, journal, doorbells):
    ready(journal)
    with Celery("foreign", broker=broker_url, set_as_current=False) as foreign:
        for order, arguments in BROADCAST_ORDERS:
            foreign.control.broadcast(order, arguments=arguments)
        still_works(attacked, journal, doorbells)
        until(lambda: foreign.control.ping(timeout=2) == [{"healing@one": {"ok": "pong"}}], within=20)
        (queues,) = foreign.control.inspect(["healing@one"], timeout=5).active_queues().values()
    assert {queue["name"] for queue in queues} == {"healing", "healing.express"}
