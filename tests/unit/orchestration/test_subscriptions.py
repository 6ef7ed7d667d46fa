"""A group's events: in order, again until they are acknowledged, parked when they never are, and rewound."""

from datetime import timedelta

import pytest

from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.orchestration.events.mesh import Cursor, CursorLostError
from grace_workers.orchestration.events.topics.kernel_changed import DEFINITION as KERNEL_CHANGED
from grace_workers.orchestration.events.topics.kernel_changed import KernelChanged
from grace_workers.orchestration.events.topics.node_boot import DEFINITION as NODE_BOOT
from grace_workers.orchestration.events.topics.node_boot import NodeBoot
from grace_workers.orchestration.subscriptions import MOST_ATTEMPTS, Pull, Pulled, acknowledge, pull, rewind
from grace_workers.testing import FakeClock
from tests.memory.ledger import MemoryLedger


class Fleet:
    """A log of events in memory, and one group that reads it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = MemoryLedger(self.clock)

    def publish(self, *steps: str) -> None:
        with self.ledger.transaction() as tx:
            for step in steps:
                tx.events.publish(NODE_BOOT, NodeBoot(instance="here", phase="p", step=step, state="passed"))

    def pull(self, holder: str = "one", **changes: object) -> Pulled:
        said = {"topics": ["node.boot"], "holder": holder, "start": "oldest", **changes}
        with self.ledger.transaction() as tx:
            return pull(tx, self.clock.now(), "mailer", Pull.read(said, "pull"))

    def acknowledge(self, cursor: Cursor | None, upto: int) -> Cursor:
        assert cursor is not None
        with self.ledger.transaction() as tx:
            return acknowledge(tx, cursor, upto)

    def rewind(self, after: int, group: str = "mailer") -> None:
        with self.ledger.transaction() as tx:
            rewind(tx, self.clock.now(), group, after, by="ann", reason="the mails were lost")


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


def steps(pulled: Pulled) -> list[object]:
    return [event.body["step"] for event in pulled.events]


def test_an_unacknowledged_event_is_delivered_again(fleet: Fleet) -> None:
    fleet.publish("a", "b", "c")
    first = fleet.pull()
    assert steps(first) == ["a", "b", "c"]
    fleet.acknowledge(first.cursor, first.events[0].position)
    assert steps(fleet.pull()) == ["b", "c"]


def test_one_process_of_a_group_gets_events_until_it_lets_go_or_its_hold_ends(fleet: Fleet) -> None:
    fleet.publish("a")
    mine = fleet.pull()
    assert fleet.pull("two") == Pulled(cursor=None)
    fleet.clock.advance(timedelta(seconds=31))
    assert steps(fleet.pull("two")) == ["a"]
    with pytest.raises(CursorLostError):
        fleet.acknowledge(mine.cursor, 1)


def test_an_event_that_is_never_acknowledged_is_parked_and_reported(fleet: Fleet) -> None:
    fleet.publish("deadly", "fine")
    for number in range(MOST_ATTEMPTS):
        assert steps(fleet.pull(f"process {number}"))[0] == "deadly"
        fleet.clock.advance(timedelta(seconds=31))
    assert steps(fleet.pull("last")) == []
    assert steps(fleet.pull("last")) == ["fine"]
    with fleet.ledger.transaction() as tx:
        [parked] = tx.cursors.parked()
    assert (parked.subscription, parked.attempts) == ("mailer", MOST_ATTEMPTS)
    assert "never acknowledged" in parked.error
    (entry,) = fleet.ledger.entries
    assert (entry.action, entry.subject, entry.outcome) == ("event.parked", "subscription:mailer", "failed")


def test_a_new_group_begins_at_the_given_start(fleet: Fleet) -> None:
    fleet.publish("before")
    assert steps(fleet.pull(start="newest")) == []
    fleet.publish("after")
    assert steps(fleet.pull(start="oldest")) == ["after"]


def test_other_topics_do_not_leave_the_group_behind(fleet: Fleet) -> None:
    fleet.pull()
    with fleet.ledger.transaction() as tx:
        tx.events.publish(KERNEL_CHANGED, KernelChanged(instance="here", kernel="k", before="up", after="dead"))
    fleet.pull()
    with fleet.ledger.transaction() as tx:
        assert tx.cursors.standings()[0].lag == 0


def test_a_group_that_lags_behind_retention_is_notified_and_continues(fleet: Fleet) -> None:
    fleet.pull()
    fleet.publish("a", "b", "c")
    with fleet.ledger.transaction() as tx:
        tx.events.trim(keep=timedelta(days=1), most=1)
    assert steps(fleet.pull()) == []
    assert steps(fleet.pull()) == ["c"]
    (entry,) = fleet.ledger.entries
    assert (entry.action, entry.data) == ("event.missed", {"after": 0, "upto": 2})
    with fleet.ledger.transaction() as tx:
        assert tx.cursors.standings()[0].missed == 2


def test_a_repeated_acknowledgement_changes_nothing(fleet: Fleet) -> None:
    fleet.publish("a", "b")
    pulled = fleet.pull()
    cursor = fleet.acknowledge(pulled.cursor, 2)
    assert fleet.acknowledge(cursor, 1) == cursor


@pytest.mark.parametrize(
    "changes", [{"topics": ["no.such"]}, {"topics": []}, {"hold": 0}, {"hold": 3601}, {"limit": 0}, {"start": "soon"}]
)
def test_what_cannot_be_pulled_is_refused(fleet: Fleet, changes: dict[str, object]) -> None:
    with pytest.raises(InputError):
        fleet.pull(**changes)


def test_a_rewound_group_gets_the_same_events_again_and_the_audit_log_says_who_did_it(fleet: Fleet) -> None:
    fleet.publish("a", "b", "c")
    pulled = fleet.pull()
    fleet.acknowledge(pulled.cursor, 3)
    fleet.rewind(after=1)
    with pytest.raises(CursorLostError):
        fleet.acknowledge(pulled.cursor, 4)
    fleet.clock.advance(timedelta(seconds=31))
    assert steps(fleet.pull()) == ["b", "c"]
    told = [(entry.action, entry.actor, entry.data) for entry in fleet.ledger.entries]
    assert told == [("event.rewound", "ann", {"after": 1, "reason": "the mails were lost"})]


@pytest.mark.parametrize(("group", "after", "error"), [("nobody", 1, NotFoundError), ("mailer", 3, InputError)])
def test_what_cannot_be_rewound_is_refused(fleet: Fleet, group: str, after: int, error: type[Exception]) -> None:
    fleet.publish("a", "b")
    fleet.pull()
    with pytest.raises(error):
        fleet.rewind(after, group)
    assert fleet.ledger.entries == []
