"""What every `Consumers` promises. A stand is an application whose worker `one@shop` takes from `mail` and `other`."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import Consumers
from grace_workers.foundation.errors import TransientError
from grace_workers.testing import MemoryConsumers
from tests.conformance.roles.implementations import implementations, stand

WORKER = "one@shop"


@pytest.fixture(params=implementations(Consumers))
def application(request: pytest.FixtureRequest) -> Iterator[Consumers]:
    if request.param == "memory":
        yield MemoryConsumers({WORKER: {"mail", "other"}})
        return
    with stand(request.param, Consumers, request) as made:
        yield made


def test_a_pause_is_of_one_queue_and_a_resume_ends_it(application: Consumers) -> None:
    assert (application.workers(), application.consumers("mail"), application.consumers("x")) == (
        [WORKER],
        [WORKER],
        [],
    )
    for _ in range(2):
        application.pause("mail", [WORKER])
    assert (application.consumers("mail"), application.consumers("other")) == ([], [WORKER])
    for _ in range(2):
        application.resume("mail", [WORKER])
    assert application.consumers("mail") == [WORKER]


def test_a_worker_that_does_not_answer_is_named(application: Consumers) -> None:
    for ask in (application.pause, application.resume):
        with pytest.raises(TransientError, match="ghost@shop"):
            ask("mail", ["ghost@shop"])
    application.pause("mail", [])
    assert application.consumers("mail") == [WORKER]
