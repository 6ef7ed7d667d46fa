"""What the store of changes promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.cycles import FleetChange
from grace_workers.orchestration.stores.fleet_changes import FleetChangeStore
from grace_workers.testing import FakeClock
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]


def test_of_a_subject_one_proposed_version_is_in_force_or_none(world: World, clock: FakeClock) -> None:
    now, later = clock.now(), clock.now() + timedelta(hours=1)
    first = FleetChange(kind="threshold", subject="a.web", content={"hold": 60}, proposed_at=now)
    second = replace(first, content={"hold": 120}, proposed_at=later)
    other = replace(first, kind="probe")
    with world.ledger.transaction() as tx:
        store = tx[FleetChangeStore]
        store.put("threshold", "a.web", first.version, now)
        assert list(store.versions()) == []
        for one in (first, second, other, replace(first, in_force_at=now)):
            store.propose(one)
        assert list(store.versions()) == [other, second, first]
        assert list(store.in_force()) == []
    with world.ledger.transaction() as tx:
        store = tx[FleetChangeStore]
        store.put("threshold", "a.web", first.version, now)
        store.put("threshold", "a.web", first.version, later)
        assert list(store.in_force("threshold")) == [replace(first, in_force_at=now)]
        store.put("threshold", "a.web", second.version, later)
        assert list(store.in_force()) == [replace(second, in_force_at=later)]
        store.put("threshold", "a.web", "unknown", later)
        assert list(store.in_force()) == []
        store.put("threshold", "a.web", first.version, later)
        store.end("threshold", "a.web", second.version)
        assert list(store.in_force()) == [replace(first, in_force_at=later)]
        store.end("threshold", "a.web", first.version)
        assert list(store.in_force()) == []
        assert list(store.versions("threshold")) == [second, first]
