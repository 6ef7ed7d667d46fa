from grace_workers.fleet import Absent, Ready, Unready
from grace_workers.fleet.kernels.event_mesh import DEFINITION
from tests.conformance.kernel_worlds import World


def said(world: World):
    return DEFINITION.readiness(world)


def test_without_a_mesh_it_is_absent():
    assert isinstance(said(World()), Absent)


def test_what_is_published_must_arrive():
    assert isinstance(said(World(mesh=True)), Ready)
    assert isinstance(said(World(mesh=True, spoiled="other")), Unready)
