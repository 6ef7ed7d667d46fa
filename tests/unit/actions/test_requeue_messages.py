from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grace_workers.actions import QueuedMessage
from grace_workers.actions.primitives.requeue_messages import DEFINITION, RequeueParams
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryParking
from tests.conformance.primitive_cases import InMemory, Real
from tests.unit.actions.test_park_messages import parked_ground


def broker() -> MemoryParking:
    faults = (("good", "mail", None), ("old", "mail", "expired"), ("odd", "ghost", "unknown_task"))
    return MemoryParking(
        places={"mail": [QueuedMessage(id=name, task=task, fault=fault) for name, task, fault in faults]}
    )


def in_memory() -> InMemory:
    memory = broker()
    return InMemory(
        role=memory, params={"queue": "mail"}, look=lambda: {one.id for one in memory.waiting("mail", most=10)}
    )


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with parked_ground(folder) as (said, client):
        for key in client.keys("mail*"):
            client.rename(key, b"grace.parked." + key)

        def look() -> object:
            return {
                key: sorted(client.lrange(key, 0, -1))
                for key in sorted([*client.keys("mail*"), *client.keys("grace.parked.*")])
            }

        yield Real(kind=TargetKind("redis"), connection=said, params={"queue": "mail"}, look=look)


def test_what_has_expired_or_cannot_be_read_stays_parked() -> None:
    memory, params = broker(), RequeueParams(queue="mail")
    DEFINITION.apply(memory, params, DEFINITION.snapshot(memory, params))
    assert [one.id for one in memory.parked("mail", most=10)] == ["old"]


def test_only_the_named_tasks_go_back() -> None:
    memory, params = broker(), RequeueParams(queue="mail", tasks=("ghost",))
    DEFINITION.apply(memory, params, DEFINITION.snapshot(memory, params))
    assert [one.id for one in memory.waiting("mail", most=10)] == ["odd"]


def test_a_message_that_a_worker_took_meanwhile_is_not_missed() -> None:
    memory, params = broker(), RequeueParams(queue="mail")
    kept = DEFINITION.snapshot(memory, params)
    DEFINITION.apply(memory, params, kept)
    memory.queues["mail"].pop()
    DEFINITION.restore(memory, params, kept)
    assert DEFINITION.restored(memory, params, kept)
