"""What the event mesh promises, run against memory and PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.ids import EventId, uuid7
from grace_workers.orchestration.events.mesh import Cursor, CursorLostError, ParkedEvent, StartPosition
from grace_workers.orchestration.events.topic import Topic, TrimmedError
from grace_workers.orchestration.events.topics.node_boot import NodeBoot
from grace_workers.orchestration.stores import LineTransaction
from tests.conformance.mesh_worlds import KERNEL_CHANGED, NODE_BOOT, World, boot, kernel, published, read, steps, world

__all__ = ["world"]

HOUR = timedelta(hours=1)
AGES = timedelta(days=9_000)


def taken(
    world: World, name: str = "mine", holder: str = "a", start: StartPosition = StartPosition.OLDEST
) -> Cursor | None:
    with world.ledger.transaction() as tx:
        return tx.cursors.take(name, holder, start=start)


def held(world: World, **given: str) -> Cursor:
    cursor = taken(world, **given)
    assert cursor is not None
    return cursor


# The log


def test_events_come_in_the_order_of_their_transaction_with_positions_from_one(world: World) -> None:
    ids = published(world, "a", "b", "c")
    events = read(world)
    assert [event.id for event in events] == ids
    assert [event.position for event in events] == [1, 2, 3]
    assert steps(events) == ["a", "b", "c"]
    assert (events[0].topic, events[0].key) == ("node.boot", "here")
    assert events[0].read(NODE_BOOT) == boot("a")
    assert events[0].at <= events[0].logged_at


def test_what_is_rolled_back_was_never_published(world: World) -> None:
    def fail(tx: LineTransaction) -> None:
        tx.events.publish(NODE_BOOT, boot("never"))
        raise ConflictError("no")

    with pytest.raises(ConflictError), world.ledger.transaction() as tx:
        fail(tx)
    published(world, "only")
    assert [(event.position, event.body["step"]) for event in read(world)] == [(1, "only")]


def test_reading_goes_on_after_a_position_and_stops_at_the_limit(world: World) -> None:
    published(world, "a", "b", "c")
    with world.ledger.transaction() as tx:
        first = tx.events.read(after=0, limit=2)
        rest = tx.events.read(after=first.upto, limit=2)
        nothing = tx.events.read(after=rest.upto, limit=2)
    assert (steps(list(first.events)), first.upto) == (["a", "b"], 2)
    assert (steps(list(rest.events)), rest.upto) == (["c"], 3)
    assert (nothing.events, nothing.upto) == ([], 3)


def test_reading_some_topics_passes_over_the_others(world: World) -> None:
    with world.ledger.transaction() as tx:
        tx.events.publish(NODE_BOOT, boot("a"))
        tx.events.publish(KERNEL_CHANGED, kernel("unready"))
        tx.events.publish(NODE_BOOT, boot("b"))
    world.settle()
    with world.ledger.transaction() as tx:
        page = tx.events.read(after=0, topics=["kernel.changed"])
        newest = tx.events.newest(topics=["node.boot"], limit=1)
    assert ([event.position for event in page.events], page.upto) == ([2], 3)
    assert (steps(list(newest.events)), newest.upto) == (["b"], 3)


def test_reading_ahead_of_the_log_finds_nothing_and_stays_there(world: World) -> None:
    published(world, "a")
    with world.ledger.transaction() as tx:
        page = tx.events.read(after=7)
    assert (page.events, page.upto) == ([], 7)


def test_the_newest_come_oldest_first(world: World) -> None:
    published(world, "a", "b", "c")
    with world.ledger.transaction() as tx:
        assert steps(list(tx.events.newest(limit=2).events)) == ["b", "c"]


def test_the_log_takes_an_id_once(world: World) -> None:
    mine = EventId(uuid7())
    for _ in range(2):
        with world.ledger.transaction() as tx:
            assert tx.events.publish(NODE_BOOT, boot("a"), event_id=mine) == mine
            tx.events.publish(NODE_BOOT, boot("a"), event_id=mine)
        world.settle()
    published(world, "b")
    assert [(event.position, event.id == mine) for event in read(world)] == [(1, True), (2, False)]


def test_a_point_in_time_is_a_position(world: World) -> None:
    published(world, "old")
    world.age(HOUR)
    published(world, "new")
    (old, new) = read(world)
    with world.ledger.transaction() as tx:
        assert tx.events.before(old.logged_at) == 0
        assert tx.events.before(new.logged_at) == 1
        assert tx.events.before(new.logged_at + timedelta(seconds=1)) == 2
        assert tx.events.before(datetime(1970, 1, 1, tzinfo=UTC)) == 0


# Bad input


def test_a_topic_that_is_not_declared_is_refused(world: World) -> None:
    other = Topic(name="node_boot", body=NodeBoot, key=lambda body: body.instance, about="Another of that name.")
    strange = Topic(name="strange_thing", body=NodeBoot, key=lambda body: body.instance, about="Not in the catalog.")
    with world.ledger.transaction() as tx:
        for topic in (other, strange):
            with pytest.raises(InputError, match=f"topic '{topic.name}' is not declared; add its file"):
                tx.events.publish(topic, boot("a"))


def test_a_body_of_another_topic_is_refused(world: World) -> None:
    with world.ledger.transaction() as tx, pytest.raises(InputError, match=r"node\.boot: the body is a KernelChanged"):
        tx.events.publish(NODE_BOOT, kernel("ready"))


def test_a_body_beyond_the_limit_is_refused_and_one_at_the_limit_kept(world: World) -> None:
    with world.ledger.transaction() as tx:
        with pytest.raises(InputError, match="at most 32768 are accepted"):
            tx.events.publish(NODE_BOOT, boot("a", detail="x" * 33_000))
        tx.events.publish(NODE_BOOT, boot("a", detail="x" * 32_000))
    world.settle()
    assert len(read(world)[0].body["detail"]) == 32_000


def test_what_cannot_be_stored_is_replaced(world: World) -> None:
    published(world, "nul\x00 and \ud800 half")
    assert steps(read(world)) == ["nul\N{REPLACEMENT CHARACTER} and ? half"]


def test_credentials_become_stars_in_body_and_key(world: World) -> None:
    with world.ledger.transaction() as tx:
        tx.events.publish(
            NODE_BOOT, boot("postgresql://me:hunter2@db/x", instance="token=abcdef", detail="pwd: s3cret")
        )
    world.settle()
    (event,) = read(world)
    assert event.body["step"] == "postgresql://***@db/x"
    assert event.key == "token=***"
    assert not {"hunter2", "abcdef", "s3cret"} & set(str(event).replace("@", " ").replace("=", " ").split())
    assert "s3cret" not in str(event)


# Retention


def test_expired_events_are_deleted_and_a_lagging_reader_is_told(world: World) -> None:
    published(world, "a", "b")
    world.age(2 * HOUR)
    published(world, "c")
    assert world.trim(keep=HOUR, most=1_000) == 2
    assert world.trim(keep=HOUR, most=1_000) == 0
    assert steps(read(world, 2)) == ["c"]
    for after in (0, 1):
        with pytest.raises(TrimmedError, match=f"up to position 2 have been deleted.*those after {after}") as told:
            read(world, after)
        assert (told.value.after, told.value.trimmed) == (after, 2)


def test_what_is_too_much_is_deleted_and_positions_go_on(world: World) -> None:
    published(world, *"abcdefgh")
    assert world.trim(keep=AGES, most=3) == 5
    published(world, "i")
    assert steps(read(world, 5)) == ["f", "g", "h", "i"]
    assert read(world, 8)[0].position == 9
    with world.ledger.transaction() as tx:
        assert tx.events.before(datetime(1970, 1, 1, tzinfo=UTC)) == 5


def test_trimming_everything_leaves_the_positions_where_they_were(world: World) -> None:
    published(world, "a", "b")
    assert world.trim(keep=AGES, most=0) == 2
    assert read(world, 2) == []
    published(world, "c")
    assert [event.position for event in read(world, 2)] == [3]


# Cursors


def test_a_new_subscription_begins_where_it_asks_to(world: World) -> None:
    published(world, "a", "b")
    assert held(world, name="all").position == 0
    with world.ledger.transaction() as tx:
        newest = tx.cursors.take("new", "a", start=StartPosition.NEWEST)
    assert newest is not None
    assert newest.position == 2
    world.trim(keep=AGES, most=1)
    assert held(world, name="kept").position == 1


def test_a_subscription_is_held_by_one_until_it_lets_go_or_its_lease_runs_out(world: World) -> None:
    first = held(world, holder="a")
    assert taken(world, holder="b") is None
    assert held(world, holder="a") == first
    with world.ledger.transaction() as tx:
        tx.cursors.release(first)
    second = held(world, holder="b")
    assert second.epoch > first.epoch
    world.lapse("mine")
    third = held(world, holder="a")
    assert third.epoch > second.epoch


def test_a_cursor_moves_and_is_found_there_again(world: World) -> None:
    with world.ledger.transaction() as tx:
        cursor = tx.cursors.take("mine", "a")
        assert cursor is not None
        assert tx.cursors.move(cursor, 7).position == 7
    world.lapse("mine")
    assert held(world, holder="b").position == 7


def test_a_fenced_holder_can_do_nothing(world: World) -> None:
    published(world, "a")
    (event,) = read(world)
    old = held(world, holder="a")
    world.lapse("mine")
    held(world, holder="b")
    parked = ParkedEvent(
        subscription="mine", id=event.id, position=1, topic="node.boot", attempts=1, error="e", parked_at=event.at
    )
    for act in (
        lambda tx: tx.cursors.move(old, 1),
        lambda tx: tx.cursors.attempt(old, event),
        lambda tx: tx.cursors.park(old, parked),
    ):
        with pytest.raises(CursorLostError, match="belongs to another process now"), world.ledger.transaction() as tx:
            act(tx)
    with world.ledger.transaction() as tx:
        tx.cursors.release(old)
        assert tx.cursors.parked() == []
    assert taken(world, holder="c") is None


def test_a_cursor_moves_only_from_where_it_stands(world: World) -> None:
    published(world, "a", "b")
    first, second = read(world)
    begun = held(world)
    with world.ledger.transaction() as tx:
        passed = tx.cursors.move(begun, first.position)
    for act in (
        lambda tx: tx.cursors.move(begun, first.position),
        lambda tx: tx.cursors.attempt(begun, first),
    ):
        with pytest.raises(CursorLostError, match="belongs to another process now"), world.ledger.transaction() as tx:
            act(tx)
    with world.ledger.transaction() as tx:
        assert tx.cursors.move(passed, second.position).position == second.position


def test_attempts_are_counted_for_one_event_and_forgotten_when_it_is_passed(world: World) -> None:
    published(world, "a", "b")
    first, second = read(world)
    cursor = held(world)
    with world.ledger.transaction() as tx:
        assert [tx.cursors.attempt(cursor, first) for _ in range(3)] == [1, 2, 3]
        assert tx.cursors.standings()[0].attempts == 3
        assert tx.cursors.attempt(cursor, second) == 1
        moved = tx.cursors.move(cursor, 1)
        assert tx.cursors.attempt(moved, second) == 1


def test_what_is_parked_is_kept_once_newest_first(world: World) -> None:
    ids = published(world, "a", "b")
    cursor = held(world)
    now = read(world)[0].at
    made = [
        ParkedEvent(subscription="mine", id=one, position=n, topic="node.boot", attempts=8, error="why", parked_at=now)
        for n, one in enumerate(ids, start=1)
    ]
    with world.ledger.transaction() as tx:
        for one in [*made, made[0]]:
            tx.cursors.park(cursor, one)
    with world.ledger.transaction() as tx:
        assert tx.cursors.parked() == made[::-1]
        assert tx.cursors.parked(limit=1) == [made[1]]


def test_a_rewound_subscription_is_delivered_again_from_there(world: World) -> None:
    published(world, "a", "b", "c")
    cursor = held(world)
    with world.ledger.transaction() as tx:
        tx.cursors.move(cursor, 3)
        tx.cursors.rewind("mine", 1)
    with pytest.raises(CursorLostError), world.ledger.transaction() as tx:
        tx.cursors.move(cursor, 4)
    assert held(world).position == 1
    with pytest.raises(NotFoundError, match="no subscription 'other'"), world.ledger.transaction() as tx:
        tx.cursors.rewind("other", 1)


def test_standings_show_lag_holder_and_what_was_missed(world: World) -> None:
    published(world, "a", "b", "c")
    cursor = held(world, holder="a")
    with world.ledger.transaction() as tx:
        tx.cursors.move(cursor, 2, missed=2)
        (found,) = tx.cursors.standings()
    assert (found.name, found.position, found.lag, found.holder, found.missed) == ("mine", 2, 1, "a", 2)
    world.lapse("mine")
    with world.ledger.transaction() as tx:
        assert tx.cursors.standings()[0].holder is None
