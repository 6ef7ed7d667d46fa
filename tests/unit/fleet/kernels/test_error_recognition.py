from grace_workers.fleet import Ready
from grace_workers.fleet.kernels.error_recognition import DEFINITION
from tests.conformance.kernel_worlds import World

# Its self-test asks nothing of the outside world that could be broken.
BROKEN = None


def said(world: World):
    return DEFINITION.readiness(world)


def test_the_real_room_recognises_what_it_must():
    assert isinstance(said(World()), Ready)


def test_it_asks_nothing_of_the_world():
    assert isinstance(said(World(away=frozenset({"broker", "database", "api", "disk"}))), Ready)
