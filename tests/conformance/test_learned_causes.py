"""What the store of learned causes promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.orchestration.stores.learned_causes import LearnedCause, LearnedCauseStore
from grace_workers.testing import FakeClock
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]


def test_of_each_cause_one_version_is_in_force_at_most(world: World, clock: FakeClock) -> None:
    first = LearnedCause(name="odd", version="1a", file="name: odd\n", proposed_by="ann", proposed_at=clock.now())
    second = replace(first, version="2b", file="name: odd # more\n", proposed_at=clock.now() + timedelta(hours=1))
    other = replace(first, name="even", proposed_by="bob")
    with world.ledger.transaction() as tx:
        store = tx[LearnedCauseStore]
        for cause in (first, second, other, replace(first, file="changed", proposed_by="eve")):
            store.propose(cause)
        assert list(store.versions()) == [other, second, first]
        assert list(store.versions("odd")) == [second, first]
        assert not store.accepted()
    for version in ("1a", "1a", "2b", "ghost", "2b"):
        with world.ledger.transaction() as tx:
            tx[LearnedCauseStore].accept("odd", version, clock.now())
    with world.ledger.transaction() as tx:
        assert list(tx[LearnedCauseStore].accepted()) == [replace(second, accepted_at=clock.now())]
        tx[LearnedCauseStore].propose(second)
        assert tx[LearnedCauseStore].accepted()
        tx[LearnedCauseStore].accept("odd", None, clock.now())
    with world.ledger.transaction() as tx:
        assert not tx[LearnedCauseStore].accepted()
        assert len(tx[LearnedCauseStore].versions("odd")) == 2
