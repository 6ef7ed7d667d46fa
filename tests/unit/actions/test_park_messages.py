from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from grace_workers.actions import OutcomeStatus, QueuedMessage
from grace_workers.actions.primitives.park_messages import DEFINITION, MessageFault, ParkMessagesParams
from grace_workers.adapters.embedded import EmbeddedValkey
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryParking
from tests.celery_messages import fill
from tests.conformance.primitive_cases import InMemory, Real


def broker() -> MemoryParking:
    faults = (
        ("good", "mail", None),
        ("old", "mail", "expired"),
        ("odd", "ghost", "unknown_task"),
        ("raw", "", "malformed"),
    )
    return MemoryParking({"mail": [QueuedMessage(id=name, task=task, fault=fault) for name, task, fault in faults]})


def in_memory() -> InMemory:
    memory = broker()
    return InMemory(
        role=memory, params={"queue": "mail"}, look=lambda: {one.id for one in memory.waiting("mail", most=10)}
    )


@contextmanager
def parked_ground(folder: Path) -> Iterator[tuple[dict[str, object], Redis]]:
    """Yield a connection to a server with three messages, and a client of it."""
    server = EmbeddedValkey(folder / "valkey", durable=False)
    server.start()
    try:
        fill(server.url)
        with Redis.from_url(server.url) as client:
            yield {"url": server.url, "parking": {"tasks": ["shop.mail"]}}, client
    finally:
        server.stop()


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with parked_ground(folder) as (said, client):
        client.lpush("mail", "not a message")

        def look() -> object:
            return {key: sorted(client.lrange(key, 0, -1)) for key in sorted(client.keys("mail*"))}

        yield Real(kind=TargetKind("redis"), connection=said, params={"queue": "mail"}, look=look)


def test_only_messages_with_these_faults_go_and_those_that_are_next_first() -> None:
    memory = broker()
    params = ParkMessagesParams(queue="mail", faults=(MessageFault.EXPIRED, MessageFault.MALFORMED), most=1)
    DEFINITION.apply(memory, params, DEFINITION.snapshot(memory, params))
    assert [one.id for one in memory.parked("mail", most=10)] == ["old"]


def test_messages_of_a_task_go_whatever_they_are() -> None:
    params = ParkMessagesParams(queue="mail", faults=(), tasks=("mail",))
    assert DEFINITION.preview(broker(), params).changes == ("park 1 of task mail", "park 1 of task mail (expired)")


def test_a_queue_without_faults_is_left_alone() -> None:
    memory, params = MemoryParking(), ParkMessagesParams(queue="mail")
    assert DEFINITION.apply(memory, params, DEFINITION.snapshot(memory, params)).status is OutcomeStatus.UNCHANGED


def test_a_task_with_a_hostile_name_stays_on_its_line() -> None:
    memory = MemoryParking({"mail": [QueuedMessage(id="x", task="a\npark 9 of task b", fault="unknown_task")]})
    (change,) = DEFINITION.preview(memory, ParkMessagesParams(queue="mail")).changes
    assert "\n" not in change


@pytest.mark.parametrize(
    "wrong", [{"queue": ""}, {"queue": "a\nb"}, {"queue": "a", "faults": ["all"]}, {"queue": "a", "most": 0}]
)
def test_hostile_params_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        ParkMessagesParams.read(wrong, "params")
