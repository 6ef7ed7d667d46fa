from dataclasses import replace

from grace_workers.fleet import Limited, Unready
from grace_workers.fleet.kernels.learning_loop import DEFINITION
from grace_workers.learning import TrackRecord
from tests.conformance.kernel_worlds import World

BROKEN = World(away=frozenset({"database"}))


def said(world: World):
    return DEFINITION.readiness(world)


RECORD = TrackRecord(playbook="restart_dead_service", signature="down~00000000", verified=3)


def test_outcomes_teach_and_records_can_be_read():
    found = said(World(track_records=[RECORD]))
    assert isinstance(found, Limited)
    assert found.seen == "sample outcomes are learnt correctly; 1 track records can be read"
    assert found.lacks.startswith("models")


def test_a_record_that_contradicts_itself_is_named():
    found = said(World(track_records=[RECORD, replace(RECORD, streak=2)]))
    assert isinstance(found, Unready)
    assert "restart_dead_service on down~00000000" in found.why
