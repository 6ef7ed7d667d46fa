"""Slots, missed slots and beat's scheduling."""

from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.adapters.celery.scheduler import Clockwork
from grace_workers.cycles import Missed
from grace_workers.foundation.errors import TransientError
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.work.schedule import MOST_MISSED, ScheduleEntry, due_slots, next_slot, slot_at
from grace_workers.testing import FakeClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def entry(missed=Missed.SKIP, every=MINUTE):
    return ScheduleEntry(name="tick", every=every, job="system.noop", pool=Pool.ORCHESTRATION, missed=missed)


class JumpingClock(FakeClock):
    """A clock that is set, ahead or back."""

    def jump(self, at):
        self._now = at


class Book:
    """A schedule store in memory."""

    def __init__(self, clock=None):
        self.last, self.fired, self.away, self.clock = {}, [], False, clock or FakeClock(NOON + timedelta(days=9))

    def last_slots(self):
        if self.away:
            raise TransientError("the database is unreachable")
        return {name: slot for name, slot in self.last.items() if slot <= self.clock.now()}

    def fire(self, entry, slots):
        new = [slot for slot in slots if slot not in self.fired]
        self.fired += new
        self.last[entry.name] = slots[-1]
        return len(new)


def test_every_instance_computes_the_same_slots():
    assert slot_at(NOON + timedelta(seconds=59), MINUTE) == NOON
    assert next_slot(NOON, MINUTE) == NOON + MINUTE


def test_an_entry_that_never_fired_is_due_at_once():
    assert due_slots(entry(), None, NOON + timedelta(seconds=40)) == [NOON]


def test_a_slot_fires_once():
    assert due_slots(entry(), NOON, NOON + timedelta(seconds=40)) == []


@pytest.mark.parametrize(
    ("missed", "expected"),
    [(Missed.SKIP, []), (Missed.LAST, [3]), (Missed.ALL, [1, 2, 3])],
)
def test_the_policy_decides_about_slots_that_passed(missed, expected):
    now = NOON + 3 * MINUTE + timedelta(seconds=40)
    assert due_slots(entry(missed), NOON, now) == [NOON + MINUTE * number for number in expected]


def test_a_skipped_entry_continues_with_the_slot_that_just_began():
    assert due_slots(entry(), NOON, NOON + 3 * MINUTE + timedelta(seconds=1)) == [NOON + 3 * MINUTE]


def test_a_year_of_missed_slots_is_bounded():
    assert len(due_slots(entry(Missed.ALL), NOON, NOON + timedelta(days=365))) == MOST_MISSED


def test_two_slots_of_an_entry_are_two_jobs_and_one_slot_is_one():
    first, again, second = (entry().request(slot).dedupe_key for slot in (NOON, NOON, NOON + MINUTE))
    assert first == again != second


def test_only_the_leader_fires():
    book, leading = Book(), []
    clock = FakeClock(NOON)
    clockwork = Clockwork([entry()], book, leading=lambda: bool(leading), clock=clock)
    assert clockwork.turn(0.5) == 0.5
    assert book.fired == []
    leading.append(True)
    clockwork.turn(0.5)
    assert book.fired == [NOON]


def test_the_next_look_comes_when_the_next_slot_begins():
    clock = FakeClock(NOON + timedelta(seconds=59.9))
    clockwork = Clockwork([entry()], Book(), leading=lambda: True, clock=clock)
    assert clockwork.turn(0.5) == pytest.approx(0.1)


def test_an_unreachable_database_loses_no_slot():
    book, clock = Book(), FakeClock(NOON)
    clockwork = Clockwork([entry(Missed.ALL)], book, leading=lambda: True, clock=clock)
    clockwork.turn(0.5)
    book.away = True
    clock.advance(2 * MINUTE)
    assert clockwork.turn(0.5) == 0.5
    book.away = False
    clockwork.turn(0.5)
    assert book.fired == [NOON, NOON + MINUTE, NOON + 2 * MINUTE]


def test_the_ledger_is_asked_only_when_a_slot_may_be_due():
    clock, asked = FakeClock(NOON + timedelta(seconds=1)), []

    class Counted(Book):
        def last_slots(self):
            asked.append(clock.now())
            return super().last_slots()

    book, leading = Counted(), [True]
    clockwork = Clockwork([entry()], book, leading=lambda: bool(leading), clock=clock)
    for _ in range(100):
        clockwork.turn(0.5)
        clock.advance(timedelta(seconds=0.5))
    assert len(asked) == 1
    clock.advance(timedelta(seconds=10))
    clockwork.turn(0.5)
    assert book.fired == [NOON, NOON + MINUTE]
    leading.clear()
    clockwork.turn(0.5)
    leading.append(True)
    clockwork.turn(0.5)
    assert len(asked) == 3, "another may have fired meanwhile, so a new leader asks at once"


def test_a_slot_that_begins_during_a_look_is_fired_at_the_next():
    clock = FakeClock(NOON + timedelta(seconds=59))

    class Slow(Book):
        def last_slots(self):
            found = dict(super().last_slots())
            clock.advance(timedelta(seconds=2))
            return found

    book = Slow()
    clockwork = Clockwork([entry(), entry()], book, leading=lambda: True, clock=clock)
    book.last = {"tick": NOON}
    wait = clockwork.turn(0.5)
    assert wait == 0.0
    clockwork.turn(0.5)
    assert NOON + MINUTE in book.fired


def test_a_clock_that_jumps_ahead_fires_what_is_due_then_and_once_it_is_put_back_what_is_due_now():
    clock, later = JumpingClock(NOON), NOON + timedelta(hours=5)
    book = Book(clock)
    clockwork = Clockwork([entry(Missed.LAST)], book, leading=lambda: True, clock=clock)
    for at in (NOON, later, NOON + MINUTE, NOON + 2 * MINUTE, NOON + 2 * MINUTE, NOON + 1.5 * MINUTE):
        clock.jump(at)
        clockwork.turn(0.5)
    assert book.fired == [NOON, later, NOON + MINUTE, NOON + 2 * MINUTE]
