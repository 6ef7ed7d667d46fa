"""Queues on a real server, as Celery fills them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from grace_workers.actions import Ownership, Target, WorkQueue
from grace_workers.adapters.embedded import EmbeddedValkey
from grace_workers.cycles.programmes.triggers import DEFINITION as LOOK
from grace_workers.drivers.redis import DEFINITION
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.work.cycles import LineReaders
from grace_workers.signals import Trigger, triggers
from tests.builders import Ward
from tests.conformance.roles.implementations import Place
from tests.shipped_causes import CHECKS
from tests.targets import subject_of, world_of

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


def test_a_key_that_is_no_list_is_told(server: EmbeddedValkey, tmp_path: Path) -> None:
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
