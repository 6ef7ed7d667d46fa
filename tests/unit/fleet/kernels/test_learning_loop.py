from dataclasses import replace

from grace_workers.fleet import Limited, ModelFacts, Ready, Unready
from grace_workers.fleet.kernels.learning_loop import DEFINITION
from grace_workers.learning import TrackRecord
from tests.conformance.kernel_worlds import World

BROKEN = World(away=frozenset({"database"}))


def said(world: World):
    return DEFINITION.readiness(world)


RECORD = TrackRecord(playbook="restart_dead_service", signature="down~00000000", verified=3)


def test_outcomes_teach_and_records_can_be_read():
    found = said(World(track_records=[RECORD], facts_of_model=ModelFacts(version=0, outcomes=7)))
    assert found == Ready(
        "sample outcomes are learnt correctly; 1 track records can be read; no model of diagnosis yet: 7 of the 20 "
        "outcomes that it takes"
    )


def test_it_says_which_model_diagnoses():
    found = said(World(facts_of_model=ModelFacts(version=3, outcomes=250)))
    assert isinstance(found, Ready)
    assert "model 3 of diagnosis, 250 outcomes" in found.seen


def test_a_model_that_was_changed_is_a_loss():
    found = said(World(facts_of_model=ModelFacts(version=3, outcomes=250, fault="model diagnosis 3 has SHA-256 00")))
    assert isinstance(found, Limited)
    assert "model diagnosis 3 has SHA-256 00" in found.lacks


def test_a_record_that_contradicts_itself_is_named():
    found = said(World(track_records=[RECORD, replace(RECORD, streak=2)]))
    assert isinstance(found, Unready)
    assert "restart_dead_service on down~00000000" in found.why
