"""What the store of the language model's days promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.coding import ModelUse
from grace_workers.orchestration.stores.model_use import ModelUseStore
from grace_workers.testing import FakeClock
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]


def test_each_day_has_its_own_figures_and_begins_at_nothing(world: World, clock: FakeClock) -> None:
    today = clock.now().date()
    one = ModelUse(day=today, answers=2, tokens=30, cost=0.25, pending_tokens=7, pending_cost=0.125)
    with world.ledger.transaction() as tx:
        tx[ModelUseStore].lock()
        assert tx[ModelUseStore].of(today) == ModelUse(day=today)
        tx[ModelUseStore].save(one)
        tx[ModelUseStore].save(replace(one, answers=3))
    with world.ledger.transaction() as tx:
        assert tx[ModelUseStore].of(today) == replace(one, answers=3)
        assert tx[ModelUseStore].of(today + timedelta(days=1)) == ModelUse(day=today + timedelta(days=1))
