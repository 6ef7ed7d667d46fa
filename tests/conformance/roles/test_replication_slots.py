"""What every `ReplicationSlots` promises. A stand makes a physical slot, and lets someone read it or not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from grace_workers.actions import ReplicationSlot, ReplicationSlots
from grace_workers.testing import MemorySlots
from tests.conformance.roles.implementations import implementations, stand


@dataclass(frozen=True)
class Slots:
    """`make` makes a slot that no one reads; `read` lets someone read one until the stand ends."""

    role: ReplicationSlots
    make: Callable[[str], object]
    read: Callable[[str], object]


@pytest.fixture(params=implementations(ReplicationSlots))
def slots(request: pytest.FixtureRequest) -> Iterator[Slots]:
    if request.param == "memory":
        role = MemorySlots()

        def make(name: str) -> None:
            role.slots.append(ReplicationSlot(name=name, kind="physical", plugin="", position="0/1", retained=10))

        yield Slots(role, make, role.read.add)
        return
    with stand(request.param, ReplicationSlots, request) as made:
        yield Slots(*made)


def test_a_slot_that_no_one_reads_is_seen_and_can_be_dropped_once(slots: Slots) -> None:
    slots.make("left")
    (found,) = slots.role.unread()
    assert (found.name, found.kind, found.plugin) == ("left", "physical", "")
    assert found.retained >= 0
    assert (slots.role.drop(found), slots.role.drop(found), list(slots.role.unread())) == (True, False, [])


def test_a_slot_that_is_read_is_not_seen_and_not_dropped(slots: Slots) -> None:
    slots.make("live")
    (found,) = slots.role.unread()
    slots.read("live")
    assert list(slots.role.unread()) == []
    assert not slots.role.drop(found)


def test_a_slot_that_was_read_since_is_not_dropped(slots: Slots) -> None:
    slots.make("moved")
    (found,) = slots.role.unread()
    assert not slots.role.drop(replace(found, position="0/2"))
    assert [one.name for one in slots.role.unread()] == ["moved"]
