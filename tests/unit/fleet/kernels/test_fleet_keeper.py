from grace_workers.fleet import Absent, Limited, Ready, Unready
from grace_workers.fleet.kernels.fleet_keeper import DEFINITION
from tests.conformance.kernel_worlds import PROCESSES, SECOND, World, member

BROKEN = World(facts_of_member=member(in_fleet=False))


def said(world: World):
    return DEFINITION.readiness(world)


def test_a_node_that_beats_in_a_fleet_with_a_leader_is_ready():
    assert said(World()) == Ready("here beats, healthy; a node leads the fleet")


def test_a_node_that_never_registered_is_not():
    assert "never registered" in said(World(facts_of_member=None)).why


def test_a_node_that_was_declared_dead_is_not():
    assert "declared dead" in said(World(facts_of_member=member(in_fleet=False))).why


def test_a_silent_node_is_not():
    assert said(World(facts_of_member=member(silent_for=3 * SECOND))) == Unready("here has been silent for 3.0 s")


def test_a_fleet_without_leader_is_not():
    assert said(World(leases=frozenset({"beat"}))) == Unready("no node leads the fleet")


def test_a_node_that_cannot_lead_is_not_blamed_for_a_missing_leader():
    found = said(World(leases=frozenset(), processes=PROCESSES - {"beat"}))
    assert found == Limited("here beats, healthy", "a leader; this node cannot lead")


def test_a_node_without_control_is_no_member():
    assert isinstance(said(World(processes=PROCESSES - {"control"})), Absent)
