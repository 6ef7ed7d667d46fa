from grace_workers.fleet import Limited, Ready, Unready
from grace_workers.fleet.kernels.message_bus import DEFINITION
from tests.conformance.kernel_worlds import World

BROKEN = World(spoiled="something else")


def said(world: World):
    return DEFINITION.readiness(world)


def test_a_broker_that_gives_back_what_it_was_given_is_ready():
    assert isinstance(said(World()), Ready)


def test_a_broker_that_gives_back_something_else_is_not():
    assert said(World(spoiled="other")).why.startswith("the broker returned 'other' for ")
    assert isinstance(said(World(spoiled="other")), Unready)


def test_a_broker_that_was_never_swept_lacks_the_marker():
    found = said(World(marker=False))
    assert isinstance(found, Limited)
    assert "marker" in found.lacks
