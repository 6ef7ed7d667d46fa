"""The loop over a group's events: acknowledged one by one, and continuing after whatever comes between."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from grace_workers.entrypoints.client.subscription import events_of
from grace_workers.foundation.errors import ConflictError, TransientError
from grace_workers.foundation.ids import EventId, uuid7
from grace_workers.orchestration.events.mesh import Cursor
from grace_workers.orchestration.events.topic import Event
from grace_workers.orchestration.subscriptions import Pull, Pulled
from grace_workers.testing import START

NOW = timedelta(milliseconds=1)
ASKED = Pull(topics=("node.boot",), holder="here")


def event(position: int) -> Event:
    return Event(position=position, id=EventId(uuid7()), topic="node.boot", key="", body={}, at=START, logged_at=START)


class Fleet:
    """A fleet with so many events, which calls a hook before it answers."""

    def __init__(self, most: int) -> None:
        self.most, self.position = most, 0
        self.released = 0
        self.before_pull: list[Callable[[], None]] = []
        self.before_acknowledge: list[Callable[[], None]] = []

    def pull(self, group: str, asked: Pull) -> Pulled:
        if self.before_pull:
            self.before_pull.pop(0)()
        assert asked is ASKED
        events: Sequence[Event] = [event(one) for one in range(self.position + 1, self.most + 1)]
        return Pulled(cursor=Cursor(name=group, position=self.position, epoch=1), events=events)

    def acknowledge(self, cursor: Cursor, upto: int, hold: timedelta) -> Cursor:
        if self.before_acknowledge:
            self.before_acknowledge.pop(0)()
        assert (cursor.position, hold) == (self.position, ASKED.hold)
        self.position = upto
        return Cursor(name=cursor.name, position=upto, epoch=1)

    def release(self, cursor: Cursor) -> None:
        del cursor
        self.released += 1


def away() -> None:
    raise TransientError("away", retry_after=NOW)


def lost() -> None:
    raise ConflictError("another process holds it")


def positions(fleet: Fleet) -> list[int]:
    return [one.position for one in events_of(fleet, "mailer", ASKED, NOW)]


def test_asking_for_the_next_event_acknowledges_the_one_before() -> None:
    fleet = Fleet(3)
    events = events_of(fleet, "mailer", ASKED, None)
    assert next(events).position == 1
    assert fleet.position == 0
    assert next(events).position == 2
    assert fleet.position == 1
    events.close()
    assert (fleet.position, fleet.released) == (1, 1)


def test_it_ends_once_nothing_has_come_for_so_long_and_lets_others_go_on() -> None:
    fleet = Fleet(3)
    assert positions(fleet) == [1, 2, 3]
    assert (fleet.position, fleet.released) == (3, 1)


def test_an_unreachable_fleet_is_waited_for() -> None:
    fleet = Fleet(2)
    fleet.before_acknowledge = [away, away]
    assert positions(fleet) == [1, 2]
    events = events_of(Fleet(1), "mailer", ASKED, None)
    assert next(events).position == 1


def test_it_keeps_trying_while_the_first_look_fails() -> None:
    fleet = Fleet(1)
    fleet.before_pull = [away, away]
    events = events_of(fleet, "mailer", ASKED, None)
    assert next(events).position == 1
    assert fleet.before_pull == []


def test_events_are_delivered_again_after_another_process_takes_over() -> None:
    fleet = Fleet(2)
    fleet.before_acknowledge = [lost]
    assert positions(fleet) == [1, 1, 2]
