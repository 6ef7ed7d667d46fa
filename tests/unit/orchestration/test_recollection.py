"""What a process remembers of the fleet's outcomes, and what that says of the next problem."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.diagnosis import CauseName, Diagnosis, EngineKind, Hypothesis
from grace_workers.foundation.ids import TargetName
from grace_workers.learning import Ending
from grace_workers.orchestration.line.recollection import MODEL, Recollection
from grace_workers.orchestration.stores.models import ModelStore
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.orchestration.work.training import due, train
from grace_workers.testing import FakeClock
from tests.aside import here
from tests.memory.ledger import MemoryLedger
from tests.unit.learning.models.test_training import SEEN, stream
from tests.unit.learning.recall.precedents_of import NOW, outcome

DOWN = {"line refused": 2.0, "kind process": 1.0}
LATER = NOW + timedelta(days=1)


def fleet(*outcomes):
    ledger = MemoryLedger(FakeClock())
    put(ledger, *outcomes)
    return ledger


def put(ledger, *outcomes):
    with ledger.transaction() as tx:
        for one in outcomes:
            tx[PrecedentStore].put(one)


def followed(ledger, recollection=None):
    recollection = recollection or Recollection()
    with ledger.transaction() as tx:
        recollection.follow(tx)
    return recollection


def taught(ledger):
    with ledger.transaction() as tx:
        begin = due(tx)
    assert begin is not None
    return train(ledger, begin, LATER, here)


def test_before_any_outcome_it_says_nothing():
    recalled = followed(fleet()).recall(DOWN)
    assert (recalled.suggestions, recalled.unknown) == ((), None)


def test_one_outcome_is_enough_to_suggest_its_cause_and_the_words_name_what_it_rests_on():
    (found,) = followed(fleet(outcome(7, features=DOWN))).recall(DOWN).suggestions
    assert (found.cause, found.engine) == ("process_down", EngineKind.PRECEDENT)
    assert "100% alike (" in found.reasoning
    assert "line refused" in found.reasoning
    assert "restart healed it" in found.reasoning
    assert found.evidence == (f"outcome:{outcome(7).plan}",)


def test_an_outcome_of_another_process_counts_from_the_next_look_on():
    ledger = fleet()
    recollection = followed(ledger)
    put(ledger, outcome(7, features=DOWN))
    assert followed(ledger, recollection).recall(DOWN).suggestions


def test_a_dissimilar_problem_is_unknown_and_the_reason_is_stated():
    recalled = followed(fleet(outcome(7, features=DOWN))).recall({"kind process": 1.0, "line other": 5.0})
    assert recalled.suggestions == ()
    assert recalled.unknown is not None
    assert recalled.unknown.startswith("the nearest precedent, incident")


def test_a_forgotten_outcome_suggests_nothing_any_more():
    ledger = fleet(outcome(7, features=DOWN))
    recollection = followed(ledger)
    put(ledger, outcome(7, features=DOWN, forgotten=True))
    assert followed(ledger, recollection).recall(DOWN).suggestions == ()


def test_confidence_follows_the_outcomes_of_the_same_answers():
    said = Hypothesis(
        cause=CauseName("process_down"),
        subject=TargetName("web"),
        confidence=0.02,
        engine=EngineKind.RULES,
        reasoning="x",
        measured=True,
    )
    diagnosis = Diagnosis(hypotheses=(said,), evidence=())

    def stated(*outcomes):
        return followed(fleet(*outcomes)).calibrated(diagnosis, "down~1").hypotheses[0].confidence

    assert stated() == 0.5
    assert stated(*(outcome(number) for number in range(10))) > 0.8
    assert stated(*(outcome(number, ending=Ending.FAILED) for number in range(10))) < 0.2


@pytest.mark.slow
def test_a_trained_model_suggests_what_it_finds_likelier_than_not():
    ledger = fleet(*stream(60))
    assert taught(ledger)["promoted"]
    seen = SEEN["lock_pileup"] | {"line noise 77": 3.0, "line noise 78": 4.0}
    found = [one for one in followed(ledger).recall(seen).suggestions if one.engine is EngineKind.MODEL]
    assert [one.cause for one in found] == ["lock_pileup"]
    assert found[0].confidence > 0.5
    assert "line lock" in found[0].reasoning
    assert found[0].evidence == ("model:diagnosis:1",)


def test_of_what_it_never_met_the_model_says_nothing():
    ledger = fleet(*stream(60))
    taught(ledger)
    assert followed(ledger).recall({"line of another world": 4.0}).suggestions == ()


def test_a_model_learns_outcomes_that_came_after_it():
    ledger = fleet(*stream(60))
    taught(ledger)
    recollection = followed(ledger)
    put(ledger, outcome(900, cause="flooded", features={"line water": 3.0, "signal Wet": 2.0}))
    found = followed(ledger, recollection).recall({"line water": 3.0, "signal Wet": 2.0}).suggestions
    assert {one.cause for one in found} == {"flooded"}


def test_a_model_that_was_changed_in_the_store_is_refused_and_the_one_before_stays(capsys):
    ledger = fleet(*stream(60))
    taught(ledger)
    with ledger.transaction() as tx:
        (model,) = tx[ModelStore].versions(MODEL)
        content = tx[ModelStore].content(MODEL, 1)
        spoiled = content[:-1] + bytes([content[-1] ^ 1])
        tx[ModelStore].put(replace(model, version=2), spoiled, keep=9)
    (found,) = [one for one in followed(ledger).recall(SEEN["disk_full"]).suggestions if one.engine is EngineKind.MODEL]
    assert found.evidence == ("model:diagnosis:1",)
    assert "model_refused" in capsys.readouterr().out
