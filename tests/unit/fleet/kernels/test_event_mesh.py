import pytest

from grace_workers.fleet import Limited, MeshFacts, Ready, Unready
from grace_workers.fleet.kernels.event_mesh import DEFINITION
from tests.conformance.kernel_worlds import SECOND, World

BROKEN = World(spoiled="something else")


LATE = MeshFacts(newest=7, oldest_waits=6 * SECOND)


def said(world: World):
    return DEFINITION.readiness(world)


def test_what_is_published_must_arrive():
    assert said(World()) == Ready("an event was published and read back")
    assert isinstance(said(World(spoiled="other")), Unready)


def test_the_short_test_publishes_nothing():
    assert said(World(thorough=False, spoiled="other")).seen.endswith("at position 7")


def test_an_event_that_waits_long_while_a_node_leads_is_a_fault():
    assert said(World(facts_of_mesh=LATE)) == Unready("an event has waited for 6 s to become readable")


def test_before_there_is_a_leader_the_test_moves_its_own_event():
    assert isinstance(said(World(leases=frozenset(), moved=True)), Ready)


@pytest.mark.parametrize("thorough", [True, False])
def test_what_waits_for_a_leader_is_reported(thorough):
    found = said(World(leases=frozenset(), facts_of_mesh=LATE, moved=True, thorough=thorough))
    assert isinstance(found, Limited)
    assert found.lacks == "a node that leads: an event has waited for 6 s to become readable"


def test_where_a_node_leads_the_test_does_not_do_its_work():
    assert isinstance(said(World(moved=True)), Unready)
    assert isinstance(said(World(moved=False)), Ready)
