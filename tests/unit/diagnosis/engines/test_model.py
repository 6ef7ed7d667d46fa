from dataclasses import replace

from grace_workers.diagnosis import CauseName, EngineKind, Suggestion
from grace_workers.diagnosis.engines.model import DEFINITION
from tests.unit.diagnosis.findings_of import DB, SHOP, evidence, findings


def seen(*gathered, cause="process_down", engine=DEFINITION.kind):
    one = Suggestion(
        cause=CauseName(cause), engine=engine, confidence=0.7, reasoning="it was so before", evidence=("outcome:1",)
    )
    return replace(findings(*gathered), suggestions=(one,))


def test_it_proposes_what_outcomes_suggest_of_the_targets_that_can_have_it():
    [found] = DEFINITION.propose(seen())
    assert (found.cause, found.subject, found.engine) == ("process_down", SHOP, EngineKind.MODEL)
    assert (found.confidence, found.reasoning, found.evidence) == (0.7, "it was so before", ("outcome:1",))
    assert not found.measured


def test_the_target_may_be_another_than_the_one_that_complains():
    assert [one.subject for one in DEFINITION.propose(seen(cause="lock_pileup"))] == [DB]


def test_memory_alone_is_not_measured_and_readings_make_it_so():
    assert [one.measured for one in DEFINITION.propose(seen(evidence("alive", SHOP, 0)))] == [True]


def test_a_reading_of_now_refutes_it():
    assert DEFINITION.propose(seen(evidence("alive", SHOP, 1))) == []


def test_a_cause_that_no_longer_exists_is_not_proposed():
    assert DEFINITION.propose(seen(cause="was_removed")) == []


def test_suggestions_for_another_engine_are_ignored():
    assert DEFINITION.propose(seen(engine=EngineKind.KNOWLEDGE)) == []
