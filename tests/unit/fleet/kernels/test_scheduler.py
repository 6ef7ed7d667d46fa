from grace_workers.fleet import Absent, Ready, Unready
from grace_workers.fleet.kernels.scheduler import DEFINITION
from tests.conformance.kernel_worlds import PROCESSES, SECOND, World, slot

BROKEN = World(leases=frozenset({"leader"}))


def said(world: World):
    return DEFINITION.readiness(world)


def test_a_beat_that_ticks_in_time_is_ready():
    assert isinstance(said(World()), Ready)


def test_without_a_beat_in_the_whole_fleet_it_is_not():
    assert said(World(leases=frozenset())) == Unready("no beat is running in the fleet: its lease is free")


def test_an_entry_that_never_fired_is_named():
    assert "telemetry never fired" in said(World(schedule=[slot("triggers"), slot("telemetry", slot_age=None)])).why


def test_an_entry_whose_slot_is_overdue_is_named():
    late = [slot("triggers", slot_age=36 * SECOND)]
    assert said(World(schedule=late)) == Unready("beat runs, but did not fire triggers for 36 s at every 30 s")


def test_an_empty_schedule_is_a_fault():
    assert isinstance(said(World(schedule=[])), Unready)


def test_a_node_without_beat_leaves_it_to_others():
    assert isinstance(said(World(processes=PROCESSES - {"beat"})), Absent)
