"""What the store of adjustments promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.orchestration.stores.adjustments import AdjustmentStore
from grace_workers.playbooks import AdjustedFigure, Adjustment
from grace_workers.testing import FakeClock
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]


def test_only_what_was_offered_can_be_set_and_what_is_in_force_keeps_its_file(world: World, clock: FakeClock) -> None:
    first = Adjustment(playbook="cure", figure=AdjustedFigure.MODE, base="a" * 64, at=clock.now())
    later = clock.now() + timedelta(hours=1)
    with world.ledger.transaction() as tx:
        store = tx[AdjustmentStore]
        store.put("cure", "mode", 1, clock.now())
        assert list(store.all()) == []
        store.offer(replace(first, value=2))
        assert list(store.all()) == [first]
        store.offer(replace(first, base="b" * 64, at=later))
        assert list(store.all()) == [replace(first, base="b" * 64, at=later)]
    with world.ledger.transaction() as tx:
        store = tx[AdjustmentStore]
        for at in (clock.now(), later):
            store.put("cure", "mode", 1, at)
        store.offer(replace(first, base="b" * 64))
        assert list(store.all()) == [replace(first, base="b" * 64, value=1, at=clock.now())]
        store.put("cure", "mode", 0, later)
        assert list(store.all()) == [replace(first, base="b" * 64, at=later)]


def test_a_value_for_another_content_of_the_file_goes_when_one_is_offered(world: World, clock: FakeClock) -> None:
    first = Adjustment(playbook="cure", figure=AdjustedFigure.MODE, base="a" * 64, at=clock.now())
    with world.ledger.transaction() as tx:
        store = tx[AdjustmentStore]
        store.offer(first)
        store.put("cure", "mode", 1, clock.now())
        store.offer(replace(first, base="b" * 64))
        assert list(store.all()) == [replace(first, base="b" * 64)]
