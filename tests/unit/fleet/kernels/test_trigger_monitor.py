from grace_workers.fleet import Limited, Unready
from grace_workers.fleet.kernels.trigger_monitor import DEFINITION
from tests.conformance.kernel_worlds import SECOND, World, slot

BROKEN = World(schedule=[slot("triggers", succeeded_age=None)])


def said(world: World):
    return DEFINITION.readiness(world)


def test_a_look_within_two_intervals_is_ready():
    found = said(World())
    assert isinstance(found, Limited)
    assert found.seen == "triggers: last run 11 s ago"
    assert "which this release does not have yet" in found.lacks


def test_an_older_look_is_not():
    late = [slot("triggers", succeeded_age=66 * SECOND)]
    assert isinstance(said(World(schedule=late)), Unready)
    assert "66 s ago; one is due every 30 s" in said(World(schedule=late)).why


def test_a_look_that_never_succeeded_is_not():
    assert isinstance(said(World(schedule=[slot("triggers", succeeded_age=None)])), Unready)


def test_a_paused_look_is_told_and_does_not_restart_beat():
    found = said(World(schedule=[slot("triggers", succeeded_age=999 * SECOND, paused=True)]))
    assert isinstance(found, Limited)
    assert "triggers, which a person has paused" in found.lacks


def test_a_schedule_without_the_entry_is_not():
    assert said(World(schedule=[])) == Unready("the schedule has no entry 'triggers'")
