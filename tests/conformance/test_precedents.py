"""What the store of outcomes promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime

from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.stores.models import ModelStore, ModelVersion
from grace_workers.orchestration.stores.precedents import Newest, PrecedentStore
from tests.conformance.line_worlds import World, clock, world
from tests.unit.learning.recall.precedents_of import outcome

__all__ = ["clock", "world"]

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)


def keep(world: World, *numbers: int) -> None:
    for number in numbers:
        with world.ledger.transaction() as tx:
            tx[PrecedentStore].put(outcome(number))


def test_there_is_none_at_first(world: World) -> None:
    with world.ledger.transaction() as tx:
        store = tx[PrecedentStore]
        assert (store.revision(), store.find(outcome().plan), list(store.before())) == (0, None, [])


def test_how_new_outcomes_and_models_are_is_asked_at_once(world: World) -> None:
    with world.ledger.transaction() as tx:
        assert tx[PrecedentStore].newest(["texts"]) == Newest(revision=0, models={"texts": 0})
    keep(world, 1, 2)
    with world.ledger.transaction() as tx:
        model = ModelVersion(name="texts", version=3, sha256="", at=AT, revision=1, outcomes=1)
        tx[ModelStore].put(model, b"", keep=2)
    with world.ledger.transaction() as tx:
        store = tx[PrecedentStore]
        assert store.newest(["diagnosis", "texts"]) == Newest(store.revision(), {"diagnosis": 0, "texts": 3})
        assert store.newest([]) == Newest(store.revision(), {})


def test_an_outcome_comes_back_as_it_was(world: World) -> None:
    keep(world, 1)
    with world.ledger.transaction() as tx:
        assert tx[PrecedentStore].find(outcome().plan) == outcome()
        assert tx[PrecedentStore].count() == 1


def test_changes_come_in_their_order_and_a_changed_one_comes_again(world: World) -> None:
    keep(world, 1, 2, 3)
    with world.ledger.transaction() as tx:
        before = tx[PrecedentStore].revision()
        tx[PrecedentStore].put(replace(outcome(2), forgotten=True))
    with world.ledger.transaction() as tx:
        store = tx[PrecedentStore]
        (changed,) = store.changes(after=before)
        assert changed == (store.revision(), replace(outcome(2), forgotten=True))
        assert [one.plan.int for _, one in store.changes(after=0)] == [1, 3, 2]
        assert [one.plan.int for _, one in store.changes(after=0, limit=2)] == [1, 3]
        assert [one.plan.int for _, one in store.before()] == [2, 3, 1]
        assert [one.plan.int for _, one in store.before(before, limit=1)] == [3]


def test_outcomes_of_one_problem_come_newest_first(world: World) -> None:
    keep(world, 1, 2, 3)
    others = [replace(outcome(4), cause="disk_full"), replace(outcome(5), target=TargetName("database"))]
    with world.ledger.transaction() as tx:
        store = tx[PrecedentStore]
        for one in others:
            store.put(one)
        assert [one.plan.int for one in store.of_problem("process_down", TargetName("web"))] == [3, 2, 1]
        assert [one.plan.int for one in store.of_problem("process_down", TargetName("web"), limit=1)] == [3]
        assert store.of_problem("unknown", TargetName("web")) == []
