"""What every `ParkedMessages` promises. A stand has three messages in `mail`: one good, one expired, one unknown."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import ParkedMessages, QueuedMessage
from grace_workers.foundation.errors import PermanentError
from grace_workers.testing import MemoryParking
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(ParkedMessages))
def broker(request: pytest.FixtureRequest) -> Iterator[ParkedMessages]:
    if request.param == "memory":
        faults = (("good", "shop.mail", None), ("old", "shop.mail", "expired"), ("odd", "ghost", "unknown_task"))
        messages = [QueuedMessage(id=name, task=task, fault=fault) for name, task, fault in faults]
        yield MemoryParking({"mail": messages})
        return
    with stand(request.param, ParkedMessages, request) as made:
        yield made


def test_the_messages_are_seen_with_what_is_wrong_and_looking_takes_none(broker: ParkedMessages) -> None:
    for _ in range(2):
        found = broker.waiting("mail", most=10)
        assert sorted((one.task, one.fault or "") for one in found) == [
            ("ghost", "unknown_task"),
            ("shop.mail", ""),
            ("shop.mail", "expired"),
        ]
    assert broker.parked("mail", most=10) == broker.waiting("other", most=10) == []


def test_a_message_moves_to_the_parking_place_and_back_once(broker: ParkedMessages) -> None:
    before = broker.waiting("mail", most=10)
    ids = [one.id for one in before if one.fault]
    assert [broker.park("mail", ids, most=10) for _ in range(2)] == [2, 0]
    assert [one.fault for one in broker.waiting("mail", most=10)] == [None]
    assert {one.id for one in broker.parked("mail", most=10)} == set(ids)
    assert [broker.requeue("mail", ids, most=10) for _ in range(2)] == [2, 0]
    assert sorted(broker.waiting("mail", most=10), key=lambda one: one.id) == sorted(before, key=lambda one: one.id)
    assert broker.parked("mail", most=10) == []


def test_a_message_that_is_not_there_is_not_moved(broker: ParkedMessages) -> None:
    assert broker.park("mail", ["ghost-id", "", "*"], most=10) == broker.requeue("mail", ["ghost-id"], most=10) == 0
    assert len(broker.waiting("mail", most=10)) == 3


def test_more_messages_than_allowed_are_not_looked_at(broker: ParkedMessages) -> None:
    with pytest.raises(PermanentError, match="more than 2 messages"):
        broker.waiting("mail", most=2)
