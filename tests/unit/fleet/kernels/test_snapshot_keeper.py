from grace_workers.fleet import Ready, Unready
from grace_workers.fleet.kernels.snapshot_keeper import DEFINITION
from tests.conformance.kernel_worlds import World

BROKEN = World(refuses=False)


def said(world: World):
    return DEFINITION.readiness(world)


def test_what_was_kept_is_read_back_and_a_changed_copy_is_refused():
    assert said(World()) == Ready("a stashed file was read back intact, and a tampered one was refused")


def test_another_content_is_a_fault():
    assert isinstance(said(World(spoiled="other")), Unready)


def test_a_changed_copy_that_is_given_back_is_a_fault():
    assert "as if it were intact" in said(World(refuses=False)).why


def test_the_test_that_runs_again_and_again_asks_only_for_what_was_kept():
    assert said(World(thorough=False, refuses=False)).seen == "a stashed file was read back intact"
    assert isinstance(said(World(thorough=False, spoiled="other")), Unready)
