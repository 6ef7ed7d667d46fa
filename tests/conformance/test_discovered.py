"""What the store of discovered targets promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.actions import Ownership
from grace_workers.orchestration.discovery.comparing import Discovered
from grace_workers.orchestration.discovery.sighting import Sighting
from grace_workers.orchestration.stores.discovered import DiscoveredStore, DiscoveryState
from grace_workers.testing import FakeClock
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]


def test_a_look_replaces_the_targets_of_its_discovery_alone(world: World, clock: FakeClock) -> None:
    seen = Sighting(
        name="b",
        identity="10.0.0.1:80",
        values={"address": "10.0.0.1:80"},
        labels={"service": "shop"},
        depends_on=("a",),
        heartbeat={"every": "5m"},
        kind="http",
        owner=Ownership.INTERNAL,
        connection={"url": "http://b", "deep": [1, {"x": None}]},
    )
    one = Discovered(discovery="web", sighting=seen, since=clock.now())
    gone = replace(one, sighting=replace(seen, name="c"), missing_since=clock.now() + timedelta(hours=1))
    other = Discovered(discovery="own", sighting=Sighting(name="a", identity="1"), since=clock.now())
    state = DiscoveryState(name="web", looked_at=clock.now(), revision=3, seen=2, refused={"x": "hostile"}, problem="p")
    with world.ledger.transaction() as tx:
        store = tx[DiscoveredStore]
        store.lock()
        assert (store.states(), store.targets(), store.revisions()) == ([], [], {})
        store.save(state, [one, gone])
        store.save(DiscoveryState(name="own", looked_at=clock.now()), [other])
    with world.ledger.transaction() as tx:
        store = tx[DiscoveredStore]
        assert list(store.targets()) == [other, one, gone]
        assert list(store.states())[1] == state
        assert store.revisions() == {"web": 3, "own": 0}
        store.save(replace(state, problem=None), None)
        assert list(store.targets()) == [other, one, gone]
        store.save(replace(state, revision=4), [])
    with world.ledger.transaction() as tx:
        assert list(tx[DiscoveredStore].targets()) == [other]
        assert tx[DiscoveredStore].revisions() == {"web": 4, "own": 0}
