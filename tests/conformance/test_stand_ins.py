"""What the store of stand-ins promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import uuid7
from grace_workers.governance import Role, StandIn
from grace_workers.orchestration.stores.stand_ins import StandInStore
from grace_workers.testing import FakeClock
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]

HOUR = timedelta(hours=1)


def test_a_span_holds_until_it_ends_or_is_ended(world: World, clock: FakeClock) -> None:
    now = clock.now()
    one = StandIn(
        id=uuid7(),
        approver="ada",
        stand_in="ben",
        role=Role.APPROVER,
        starts_at=now,
        ends_at=now + 2 * HOUR,
        reason="on holiday",
    )
    later = replace(one, id=uuid7(), stand_in="cleo", starts_at=now + HOUR)
    with world.ledger.transaction() as tx:
        store = tx[StandInStore]
        store.add(one)
        store.add(later)
        assert list(store.open(now)) == [one, later]
        assert list(store.open(now + 2 * HOUR)) == []
    with world.ledger.transaction() as tx:
        store = tx[StandInStore]
        store.end(one.id, now + HOUR)
        store.end(one.id, now + 3 * HOUR)
        assert store.load(one.id) == replace(one, ends_at=now + HOUR)
        assert list(store.open(now + HOUR)) == [later]
        with pytest.raises(NotFoundError, match="no one was named as a stand-in"):
            store.load(uuid7())
