"""Queues on a real server, as Celery fills them."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from celery import Celery
from redis import Redis

from grace_workers.actions import CacheKeys, CacheServer, Ownership, Target, WorkQueue
from grace_workers.adapters.embedded import EmbeddedValkey
from grace_workers.cycles.programmes.triggers import DEFINITION as LOOK
from grace_workers.drivers.redis import DEFINITION
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, IntegrityError, PermanentError
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.work.cycle_readers import LineReaders
from grace_workers.signals import Trigger, triggers
from tests.builders import Ward
from tests.conformance.roles.implementations import Place
from tests.shipped_causes import CHECKS
from tests.targets import subject_of, world_of
from tests.waiting import until

pytestmark = pytest.mark.servers


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    made = EmbeddedValkey(tmp_path / "valkey", durable=False)
    made.start()
    yield made
    made.stop()


def test_a_celery_queue_is_counted_with_all_its_priorities(server: EmbeddedValkey, tmp_path: Path) -> None:
    app = Celery("shop", broker=server.url)
    for priority in (0, 3, 6, 9):
        app.send_task("mail.send", queue="mail", priority=priority)
    app.close()
    assert Place(tmp_path, str).open(DEFINITION, url=server.url)[WorkQueue].length("mail") == 4


def test_a_key_that_is_not_a_list_is_reported(server: EmbeddedValkey, tmp_path: Path) -> None:
    with Redis.from_url(server.url) as client:
        client.set("mail", "x")
    with pytest.raises(PermanentError, match="cannot be read as a list"):
        Place(tmp_path, str).open(DEFINITION, url=server.url)[WorkQueue].length("mail")


def test_a_queue_that_gets_no_shorter_raises_its_trigger(server: EmbeddedValkey, tmp_path: Path) -> None:
    broker = Target(
        name=TargetName("broker"),
        kind=DEFINITION.kind,
        owner=Ownership.INTERNAL,
        connection={"url": server.url},
        labels={"queues": "mail"},
    )
    ward = Ward()
    world, subjects = world_of({broker.name: broker}, tmp_path), {broker.name: subject_of(broker)}
    line = replace(ward.line, world=world, subjects=subjects, checks=CHECKS)
    readers = LineReaders(line=line, triggers=discover(triggers, Trigger, label="trigger"))
    memory: JsonValue = None
    raised: list[str] = []
    with Redis.from_url(server.url) as client:
        for waiting in (99, 120, 130):
            client.delete("mail")
            client.rpush("mail", *range(waiting))
            found = LOOK.judge(LOOK.read(readers), memory, ward.clock.now())
            memory, raised = found.memory, [*raised, *(one.summary for one in found.signals)]
            ward.clock.advance(LOOK.cadence)
    assert raised == ["broker: 130 are waiting, and the number does not fall (queue_length)"]


@pytest.mark.fleet
def test_the_lag_of_a_replica_is_read_from_its_primary(server: EmbeddedValkey, tmp_path: Path) -> None:
    second = EmbeddedValkey(tmp_path / "replica", durable=False)
    second.start()
    try:
        primary = urlsplit(server.url)
        with Redis.from_url(second.url) as replica:
            replica.config_set("masterauth", primary.password or "")
            replica.config_set("masteruser", primary.username or "default")
            replica.replicaof(primary.hostname, primary.port)
            figures = Place(tmp_path, str).open(DEFINITION, url=server.url)[CacheServer].figures
            until(lambda: figures().replica_lags == (0,), within=20)
            cache = Place(tmp_path, str).open(DEFINITION, url=second.url, cache_prefixes=["page:"])[CacheKeys]
            replica.config_set("replica-read-only", "yes")
            with Redis.from_url(server.url) as client:
                client.set("page:1", "x")
            until(lambda: cache.find("*", most=5), within=20)
            cache.stash("*", "one", most=5)
            with pytest.raises(PermanentError, match="primary"):
                cache.remove("one")
    finally:
        second.stop()


def test_a_missing_right_and_a_wrong_password_are_reported(server: EmbeddedValkey, tmp_path: Path) -> None:
    with Redis.from_url(server.url) as client:
        client.acl_setuser("reader", enabled=True, passwords=["+hunter2"], keys=["*"], commands=["+llen"])
    there = urlsplit(server.url)
    for password, words in (("hunter2", "lacks a right"), ("wrong", "rejects the user or password")):
        url = f"redis://reader:{password}@{there.hostname}:{there.port}/0"
        with pytest.raises(PermanentError, match=words) as caught:
            Place(tmp_path, str).open(DEFINITION, url=url)[CacheServer].figures()
        assert "hunter2" not in str(caught.value)


def test_a_server_without_room_for_a_client_is_there(server: EmbeddedValkey, tmp_path: Path) -> None:
    figures = Place(tmp_path, str).open(DEFINITION, url=server.url)[CacheServer]
    with Redis.from_url(server.url, single_connection_client=True) as client:
        client.config_set("maxclients", 1)
        with pytest.raises(ConflictError, match="a server is there"):
            figures.figures()


def test_a_key_keeps_its_expiry_and_one_that_has_expired_since_does_not_come_back(
    server: EmbeddedValkey, tmp_path: Path
) -> None:
    cache = Place(tmp_path, str).open(DEFINITION, url=server.url, cache_prefixes=["page:"])[CacheKeys]
    with Redis.from_url(server.url) as client:
        client.set("page:long", "x", ex=1000)
        client.set("page:short", "x", px=300)
        assert cache.stash("*", "one", most=10).keys == 2
        cache.remove("one")
        until(lambda: cache.present("one").held == 1, within=10)
        assert cache.unstash("one") == 1
        assert (client.keys("*"), 0 < client.ttl("page:long") <= 1000) == ([b"page:long"], True)


def test_many_keys_go_and_come_back(server: EmbeddedValkey, tmp_path: Path) -> None:
    cache = Place(tmp_path, str).open(DEFINITION, url=server.url, cache_prefixes=["page:"])[CacheKeys]
    with Redis.from_url(server.url) as client:
        client.mset({f"page:{number}": number for number in range(2500)})
        cache.stash("page:*", "many", most=2500)
        assert (cache.remove("many").removed, client.dbsize()) == (2500, 0)
        assert (cache.unstash("many"), client.dbsize()) == (2500, 2500)


def test_a_damaged_stash_is_reported_and_not_restored(server: EmbeddedValkey, tmp_path: Path) -> None:
    cache = Place(tmp_path, str).open(DEFINITION, url=server.url, cache_prefixes=["page:"])[CacheKeys]
    cache.stash("*", "one", most=10)
    (file,) = (tmp_path / "data").rglob("one.json")
    assert file.stat().st_mode & 0o077 == 0
    file.write_text('{"entries": [{"name": "!"}]}')
    with pytest.raises(IntegrityError, match="damaged"):
        cache.unstash("one")


def test_a_stash_that_is_too_old_is_deleted_when_the_next_is_written(server: EmbeddedValkey, tmp_path: Path) -> None:
    cache = Place(tmp_path, str).open(DEFINITION, url=server.url, cache_prefixes=["page:"], keep_stashes="PT2H")[
        CacheKeys
    ]
    for key in ("old", "young"):
        cache.stash("*", key, most=10)
    (old,) = (tmp_path / "data").rglob("old.json")
    beside = old.with_name("NOTES.json")
    beside.write_text("not ours")
    for path in (old, beside):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    cache.stash("*", "new", most=10)
    assert sorted(path.name for path in old.parent.iterdir()) == ["NOTES.json", "new.json", "young.json"]
