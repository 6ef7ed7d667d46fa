"""What the store of snapshots promises, in memory and PostgreSQL."""

from datetime import timedelta

from grace_workers.cycles import FleetSnapshot, content
from grace_workers.cycles.snapshot import identity
from grace_workers.orchestration.stores.snapshots import SnapshotStore
from grace_workers.testing import FakeClock
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]


def test_contents_are_kept_once_and_as_long_as_a_snapshot_names_them(world: World, clock: FakeClock) -> None:
    one, two, three = (content(name, name.encode(), version=1) for name in ("a", "b", "c"))
    first = FleetSnapshot(id=identity([one.part, two.part]), at=clock.now(), parts=[one.part, two.part], entry="first")
    later = clock.now() + timedelta(hours=1)
    second = FleetSnapshot(id=identity([two.part, three.part]), at=later, parts=[two.part, three.part], entry="second")
    with world.ledger.transaction() as tx:
        tx[SnapshotStore].put(first, {item.part.sha256: item.content for item in (one, two)})
        tx[SnapshotStore].put(second, {item.part.sha256: item.content for item in (two, three)})
        tx[SnapshotStore].put(second, {item.part.sha256: item.content for item in (two, three)})
    with world.ledger.transaction() as tx:
        store = tx[SnapshotStore]
        assert store.all() == [second, first]
        assert store.all()[0].sound
        assert store.damaged() == []
        missing = content("d", b"d")
        store.put(FleetSnapshot(id="d", at=clock.now(), parts=[missing.part], entry="third"), {})
        assert store.damaged() == [missing.part.sha256]
        store.mend({missing.part.sha256: missing.content})
        assert store.damaged() == []
        store.drop(["d"])
        store.drop([])
        store.drop([first.id, "ghost"])
        assert store.all() == [second]
        kept = [store.content(item.part.sha256) for item in (one, two, three)]
        assert kept == [None, b"b", b"c"]
