from grace_workers.fleet import Absent
from grace_workers.fleet.kernels.sandbox import DEFINITION
from tests.conformance.kernel_worlds import World

# Its self-test asks nothing of the world that could be broken.
BROKEN = None


def said(world: World):
    return DEFINITION.readiness(world)


def test_there_is_none_yet_and_it_says_so():
    found = said(World())
    assert isinstance(found, Absent)
    assert "it runs no generated code" in found.why
