"""A subscription: in order, again after a failure, parked after too many, told what it missed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.errors import InputError, NotFoundError, TransientError
from grace_workers.orchestration.events.mesh import StartPosition
from grace_workers.orchestration.events.subscriptions import Subscriber, Subscription, rewind
from grace_workers.orchestration.events.topic import Event
from grace_workers.orchestration.events.topics.kernel_changed import DEFINITION as KERNEL_CHANGED
from grace_workers.orchestration.events.topics.kernel_changed import KernelChanged
from grace_workers.orchestration.events.topics.node_boot import DEFINITION as NODE_BOOT
from grace_workers.orchestration.events.topics.node_boot import NodeBoot
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.testing import FakeClock
from tests.memory.ledger import MemoryLedger


class Reader:
    """A subscriber that fails at the steps it is told to; `seen` is outside the transaction, `kept` inside."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = MemoryLedger(self.clock)
        self.seen: list[str] = []
        self.fails: set[str] = set()
        self.subscription = Subscription(
            name="reader", topics=(NODE_BOOT,), act=self.act, start=StartPosition.OLDEST, attempts=3
        )

    def act(self, tx: LineTransaction, event: Event) -> None:
        step = event.read(NODE_BOOT).step
        self.seen.append(step)
        kept = tx.cycle_states.read("kept")
        tx.cycle_states.write("kept", [*(kept if isinstance(kept, list) else []), step], self.clock.now())
        if step in self.fails:
            raise ValueError(f"cannot do {step}: password=hunter2")

    def publish(self, *steps: str) -> None:
        with self.ledger.transaction() as tx:
            for step in steps:
                tx.events.publish(NODE_BOOT, NodeBoot(instance="here", phase="p", step=step, state="passed"))

    def delivery(self, **changes: object) -> Subscriber:
        wanted = replace(self.subscription, **changes)
        return Subscriber(self.ledger, self.clock, wanted, holder="here")

    def kept(self) -> object:
        with self.ledger.transaction() as tx:
            return tx.cycle_states.read("kept")


@pytest.fixture
def reader() -> Reader:
    return Reader()


def test_events_of_its_topics_are_delivered_in_order_and_once(reader: Reader) -> None:
    reader.publish("a", "b")
    with reader.ledger.transaction() as tx:
        body = KernelChanged(instance="here", kernel="k", before="up", after="dead")
        tx.events.publish(KERNEL_CHANGED, body)
    reader.publish("c")
    delivery = reader.delivery()
    assert delivery.deliver_once() == 3
    assert delivery.deliver_once() == 0
    assert reader.kept() == reader.seen == ["a", "b", "c"]


def test_a_new_subscription_does_not_see_what_was_before_unless_it_asks(reader: Reader) -> None:
    reader.publish("a")
    delivery = reader.delivery(start=StartPosition.NEWEST)
    assert delivery.deliver_once() == 0
    reader.publish("b")
    assert delivery.deliver_once() == 1
    assert reader.seen == ["b"]


def test_another_process_goes_on_where_the_first_let_go(reader: Reader) -> None:
    reader.publish("a", "b")
    first, second = reader.delivery(), reader.delivery()
    assert first.deliver_once(most=1) == 1
    assert second.deliver_once() == 0
    first.release()
    assert second.deliver_once() == 1
    assert reader.seen == ["a", "b"]


def test_one_that_was_thought_dead_does_nothing_more(reader: Reader) -> None:
    reader.publish("a", "b")
    first, second = reader.delivery(), reader.delivery()
    first.deliver_once(most=1)
    reader.clock.advance(timedelta(minutes=1))
    assert second.deliver_once(most=1) == 1
    reader.publish("c")
    assert first.deliver_once() == 0
    assert second.deliver_once() == 1
    assert reader.kept() == ["a", "b", "c"]


def test_what_an_act_wrote_before_it_failed_is_taken_back(reader: Reader) -> None:
    reader.publish("a", "b")
    reader.fails = {"b"}
    delivery = reader.delivery()
    assert delivery.deliver_once() == 1
    assert (reader.seen, reader.kept()) == (["a", "b"], ["a"])
    reader.fails = set()
    assert delivery.deliver_once() == 1
    assert (reader.seen, reader.kept()) == (["a", "b", "b"], ["a", "b"])


def test_the_wait_grows_with_every_failure_and_ends_with_a_success(reader: Reader) -> None:
    reader.publish("a")
    reader.fails = {"a"}
    delivery = reader.delivery()
    waits = []
    for _ in range(2):
        delivery.deliver_once()
        waits.append(delivery.wait().total_seconds())
    assert waits == [0.5, 1.0]
    reader.fails = set()
    delivery.deliver_once()
    assert delivery.wait().total_seconds() == 0.1


@pytest.mark.parametrize("before", [(), ("fine",)])
def test_an_event_that_fails_too_often_is_parked_and_told_and_the_rest_goes_on(
    reader: Reader, before: tuple[str, ...]
) -> None:
    reader.publish(*before, "poison", "c")
    reader.fails = {"poison"}
    delivery = reader.delivery()
    for _ in range(5):
        delivery.deliver_once()
    assert reader.seen == [*before, "poison", "poison", "poison", "c"]
    with reader.ledger.transaction() as tx:
        (parked,) = tx.cursors.parked()
    assert (parked.subscription, parked.attempts, parked.topic) == ("reader", 3, "node.boot")
    assert parked.error == "ValueError: cannot do poison: password=***"
    (entry,) = reader.ledger.entries
    assert (entry.action, entry.subject, entry.outcome) == ("event.parked", "subscription:reader", "failed")


def test_an_event_that_kills_its_process_is_parked_too(reader: Reader) -> None:
    reader.publish("fine", "deadly", "c")

    def die(tx: LineTransaction, event: Event) -> None:
        if event.read(NODE_BOOT).step == "deadly":
            raise KeyboardInterrupt
        reader.act(tx, event)

    deaths = 0
    for _ in range(6):
        delivery = reader.delivery(act=die)
        try:
            while delivery.deliver_once():
                continue
        except KeyboardInterrupt:
            deaths += 1
        reader.clock.advance(timedelta(minutes=1))
    # The first death came in the middle of a run that had gone well, so it was not counted.
    assert deaths == 4
    assert reader.seen == ["fine", "c"]
    with reader.ledger.transaction() as tx:
        assert [one.error for one in tx.cursors.parked()] == ["each attempt killed its process"]


def test_a_subscription_behind_what_is_kept_is_told_and_goes_on_from_there(reader: Reader) -> None:
    delivery = reader.delivery()
    delivery.deliver_once()
    reader.publish("a", "b", "c")
    with reader.ledger.transaction() as tx:
        tx.events.trim(keep=timedelta(days=1), most=1)
    assert delivery.deliver_once() == 0
    assert delivery.deliver_once() == 1
    assert reader.seen == ["c"]
    with reader.ledger.transaction() as tx:
        assert tx.cursors.standings()[0].missed == 2
    (entry,) = reader.ledger.entries
    assert (entry.action, entry.data) == ("event.missed", {"after": 0, "upto": 2})


def test_a_rewound_subscription_gets_the_same_events_again(reader: Reader) -> None:
    reader.publish("a", "b", "c")
    delivery = reader.delivery()
    delivery.deliver_once()
    with reader.ledger.transaction() as tx:
        tx.cursors.rewind("reader", 1)
    reader.publish("d")
    assert delivery.deliver_once() == 0
    assert delivery.deliver_once() == 3
    assert reader.seen == ["a", "b", "c", "b", "c", "d"]


def test_quiet_topics_do_not_leave_the_cursor_behind(reader: Reader) -> None:
    delivery = reader.delivery()
    delivery.deliver_once()
    with reader.ledger.transaction() as tx:
        for n in range(3):
            tx.events.publish(KERNEL_CHANGED, KernelChanged(instance=str(n), kernel="k", before="up", after="dead"))
    reader.clock.advance(timedelta(seconds=11))
    delivery.deliver_once()
    with reader.ledger.transaction() as tx:
        assert tx.cursors.standings()[0].lag == 0


def test_an_unreachable_database_is_no_failure_of_the_event(reader: Reader) -> None:
    class Away:
        def transaction(self):
            raise TransientError("away")

    delivery = Subscriber(Away(), reader.clock, reader.subscription, holder="here")
    with pytest.raises(TransientError):
        delivery.deliver_once()
    assert delivery.wait().total_seconds() == 0.1


def test_a_rewound_subscription_delivers_again_and_the_audit_log_tells_who_did_it(reader: Reader) -> None:
    reader.publish("a", "b")
    delivery = reader.delivery()
    delivery.deliver_once()
    with reader.ledger.transaction() as tx:
        rewind(tx, reader.clock, "reader", 1, by="ann", reason="the mails were lost")
    reader.clock.advance(timedelta(seconds=11))
    for _ in range(2):
        delivery.deliver_once()
    assert reader.kept() == ["a", "b", "b"]
    told = [(entry.actor, entry.data["after"]) for entry in reader.ledger.entries if entry.action == "event.rewound"]
    assert told == [("ann", 1)]


@pytest.mark.parametrize(("name", "after", "error"), [("nobody", 1, NotFoundError), ("reader", 3, InputError)])
def test_what_cannot_be_rewound_is_refused(reader: Reader, name: str, after: int, error: type[Exception]) -> None:
    reader.publish("a", "b")
    reader.delivery().deliver_once()
    with pytest.raises(error), reader.ledger.transaction() as tx:
        rewind(tx, reader.clock, name, after, by="ann", reason="a mistake")


def test_what_committed_without_an_answer_is_not_done_again(reader: Reader) -> None:
    class Unclear:
        """Commits, and then loses the answer to the delivery of the event."""

        def __init__(self) -> None:
            self.lost = False

        @contextmanager
        def transaction(self) -> Iterator[LineTransaction]:
            seen = len(reader.seen)
            with reader.ledger.transaction() as tx:
                yield tx
            if len(reader.seen) > seen and not self.lost:
                self.lost = True
                raise TransientError("the connection was lost in the commit")

    reader.publish("a", "b")
    delivery = Subscriber(Unclear(), reader.clock, reader.subscription, holder="here")
    for _ in range(4):
        delivery.deliver_once()
    assert reader.kept() == ["a", "b"]
