"""What the outbox of notices promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import datetime

from grace_workers.foundation.clock import SystemClock
from grace_workers.orchestration.stores.notices import FOLDED, NoticeRow, NoticeStore
from tests.conformance.line_worlds import MINUTE, World, clock, world

__all__ = ["clock", "world"]

NOW = SystemClock().now()


def row(**changes: object) -> NoticeRow:
    given = NoticeRow(subject="incident:1", way="chat", key="3.00.000", kind="needed", made_at=NOW)
    return replace(given, **changes)


def test_a_notice_is_kept_once_and_says_what_became_of_it(world: World) -> None:
    with world.ledger.transaction() as tx:
        store = tx[NoticeStore]
        assert store.add(row())
        assert not store.add(row(kind="over"))
        assert store.load("incident:1", "chat", "3.00.000") == row()
        assert store.load("incident:1", "mail", "3.00.000") is None
        store.sent(row(), NOW + MINUTE, thread="t")
        assert store.load("incident:1", "chat", "3.00.000") == row(sent_at=NOW + MINUTE, thread="t")
        store.sent(row(), NOW + MINUTE, thread=None, error="refused")
    with world.ledger.transaction() as tx:
        assert tx[NoticeStore].of(["incident:1", "incident:2"]) == {
            "incident:1": [row(sent_at=NOW + MINUTE, error="refused")]
        }


def test_a_subject_is_unsettled_until_its_newest_notice_says_that_it_is_over(world: World) -> None:
    later: datetime = NOW + MINUTE
    with world.ledger.transaction() as tx:
        store = tx[NoticeStore]
        store.add(row(subject="incident:2", made_at=later))
        store.add(row())
        store.add(row(subject="incident:3", kind="report"))
        assert store.unsettled(limit=10) == ["incident:1", "incident:2"]
        assert store.unsettled(limit=1) == ["incident:1"]
        store.add(row(key="3.over", kind="over", made_at=later))
        assert store.unsettled(limit=10) == ["incident:2"]


def test_folded_notices_are_counted_by_their_moment(world: World) -> None:
    with world.ledger.transaction() as tx:
        store = tx[NoticeStore]
        for number in range(3):
            store.add(row(subject=f"incident:{number}", way=FOLDED))
        assert store.folded_beside(row(subject="incident:9")) == 3
        assert store.folded_beside(row(made_at=NOW + MINUTE)) == 0


def test_only_the_first_takes_a_subject(world: World) -> None:
    with world.ledger.transaction() as tx:
        store = tx[NoticeStore]
        assert store.take("incident:1", "ada", NOW)
        assert not store.take("incident:1", "ben", NOW)
        assert store.takers(["incident:1", "incident:2"]) == {"incident:1": "ada"}
