"""What every `WorkQueue` promises. A stand is a server on which work can be put into a queue."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from grace_workers.actions import WorkQueue
from grace_workers.testing import MemoryQueues
from tests.conformance.roles.implementations import implementations, stand


@dataclass(frozen=True)
class Broker:
    """A server of queues. `put` lets so many items wait in the queue of that name."""

    role: WorkQueue
    put: Callable[[str, int], None]


@pytest.fixture(params=implementations(WorkQueue))
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    if request.param == "memory":
        queues = MemoryQueues()
        yield Broker(queues, queues.waiting.__setitem__)
        return
    with stand(request.param, WorkQueue, request) as (role, put):
        yield Broker(role, put)


def test_the_length_is_what_waits(broker: Broker) -> None:
    broker.put("mail", 3)
    assert (broker.role.length("mail"), broker.role.length("other")) == (3, 0)


def test_looking_takes_nothing(broker: Broker) -> None:
    broker.put("mail", 3)
    assert [broker.role.length("mail") for _ in range(3)] == [3, 3, 3]
