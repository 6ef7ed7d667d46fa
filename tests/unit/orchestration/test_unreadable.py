"""What the leader reports about messages with which no job could be claimed."""

from datetime import UTC, datetime

import pytest

from grace_workers.orchestration.work.doorbells import UnreadableMessage
from grace_workers.orchestration.work.unreadable import TOLD_EVERY, UnreadableWatch
from grace_workers.testing import FakeClock
from tests.memory.doorbells import MemoryDoorbells
from tests.memory.ledger import MemoryLedger


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def ledger(clock):
    return MemoryLedger(clock)


@pytest.fixture
def broker():
    return MemoryDoorbells()


@pytest.fixture
def watch(ledger, broker, clock):
    return UnreadableWatch(ledger, broker, clock)


def park(broker, count=1, why="it is not JSON"):
    for _ in range(count):
        broker.park(UnreadableMessage(at=datetime.now(UTC), queue="healing", size=7, why=why, text="rubbish"))


def test_nothing_is_reported_while_nothing_is_parked(watch, ledger):
    assert not watch.look_once()
    assert ledger.entries == []


def test_what_was_parked_is_audited_with_its_reasons(watch, ledger, broker):
    park(broker, 2)
    park(broker, why="it has no delivery tag")
    assert watch.look_once()
    (entry,) = ledger.entries
    assert (entry.action, entry.outcome) == ("job.unreadable", "refused")
    assert entry.data == {"parked": 3, "total": 3, "why": ["it is not JSON: 2", "it has no delivery tag: 1"]}


def test_a_flood_makes_one_entry_a_minute(watch, ledger, broker, clock):
    for _ in range(5):
        park(broker, 100)
        watch.look_once()
    assert len(ledger.entries) == 1
    clock.advance(TOLD_EVERY)
    watch.look_once()
    assert [entry.data["parked"] for entry in ledger.entries] == [100, 400]
    clock.advance(TOLD_EVERY)
    assert not watch.look_once()
