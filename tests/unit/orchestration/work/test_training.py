from dataclasses import replace

import pytest

from grace_workers.foundation.errors import IntegrityError, NotFoundError
from grace_workers.learning import Ending
from grace_workers.learning.models.learner import Learner
from grace_workers.orchestration.line.model_versions import content_of
from grace_workers.orchestration.line.recollection import MODEL
from grace_workers.orchestration.stores.models import ModelStore
from grace_workers.orchestration.work.training import due, restore, train
from tests.aside import here
from tests.unit.learning.models.test_training import SEEN, stream
from tests.unit.learning.recall.precedents_of import outcome
from tests.unit.orchestration.test_recollection import LATER, fleet, put

pytestmark = pytest.mark.slow


def begin(ledger):
    with ledger.transaction() as tx:
        return due(tx)


def learn(ledger):
    found = begin(ledger)
    assert found is not None
    return train(ledger, found, LATER, here)


def versions(ledger):
    with ledger.transaction() as tx:
        return [one.version for one in tx[ModelStore].versions(MODEL)]


def audited(ledger):
    return [(one.actor, one.action, one.subject) for one in ledger.entries]


def test_without_outcomes_nothing_is_due():
    assert begin(fleet()) is None


def test_too_few_outcomes_train_nothing_and_are_not_tried_again_at_once():
    ledger = fleet(*stream(8))
    assert learn(ledger)["promoted"] is False
    assert begin(ledger) is None


def test_the_first_model_is_promoted_with_its_hash_in_the_audit_log():
    ledger = fleet(*stream(60))
    assert (learn(ledger)["version"], versions(ledger)) == (1, [1])
    assert ("grace", "learning.promoted", "model:diagnosis") in audited(ledger)
    assert begin(ledger) is None


def test_a_hundred_outcomes_more_are_a_reason_and_one_that_is_no_better_is_not_promoted():
    ledger = fleet(*stream(120))
    learn(ledger)
    put(ledger, *stream(40, start=300))
    assert begin(ledger) is None
    put(ledger, *stream(60, start=400))
    found = begin(ledger)
    assert found is not None
    assert found.why == "100 outcomes since the last one"
    told = train(ledger, found, LATER, here)
    assert told["promoted"] is (told["brier"] < told["brier_before"])
    assert begin(ledger) is None


def test_answers_that_turn_wrong_are_a_reason():
    ledger = fleet(*stream(80))
    learn(ledger)
    moved = {"disk_full": SEEN["process_down"], "process_down": SEEN["lock_pileup"], "lock_pileup": SEEN["disk_full"]}
    put(ledger, *stream(20, start=300, seen=moved))
    found = begin(ledger)
    assert found is not None
    assert found.why == "its recent answers were wrong more often"


def test_an_outcome_that_was_taken_back_is_trained_out_at_once():
    outcomes = list(stream(80))
    ledger = fleet(*outcomes)
    learn(ledger)
    taken = outcomes[3]
    put(ledger, outcome(3, cause=taken.cause, features=taken.features, forgotten=True))
    told = learn(ledger)
    assert (told["promoted"], told["why"]) == (True, "1 outcomes were taken back")
    with ledger.transaction() as tx:
        content = content_of(tx, tx[ModelStore].versions(MODEL)[0])
    assert len(Learner.from_bytes(content)) == 79


def test_a_model_of_poison_alone_does_not_stay():
    outcomes = list(stream(60))
    ledger = fleet(*outcomes)
    learn(ledger)
    put(ledger, *(outcome(at, features=outcomes[at].features, forgotten=True) for at in range(45)))
    assert learn(ledger)["promoted"] is True
    with ledger.transaction() as tx:
        assert not Learner.from_bytes(content_of(tx, tx[ModelStore].versions(MODEL)[0])).trained


def test_an_earlier_version_can_be_put_into_use_again():
    outcomes = list(stream(80))
    ledger = fleet(*outcomes)
    learn(ledger)
    put(ledger, outcome(3, features=outcomes[3].features, forgotten=True))
    learn(ledger)
    found = restore(ledger, 1, by="ann", now=LATER)
    assert (found.version, found.restored, versions(ledger)) == (3, 1, [3, 2, 1])
    assert ("ann", "learning.restored", "model:diagnosis") in audited(ledger)


def test_a_version_that_a_person_restored_stays_until_later_outcomes_speak_against_it():
    outcomes = list(stream(80))
    ledger = fleet(*outcomes)
    learn(ledger)
    put(ledger, outcome(3, features=outcomes[3].features, forgotten=True), *stream(110, start=300))
    learn(ledger)
    restore(ledger, 1, by="ann", now=LATER)
    assert begin(ledger) is None
    put(ledger, *stream(40, start=500))
    assert begin(ledger) is None
    put(ledger, *stream(60, start=600))
    found = begin(ledger)
    assert found is not None
    assert found.why == "100 outcomes since the last one"


def test_a_version_that_is_unknown_or_was_changed_is_not_restored():
    ledger = fleet(*stream(60))
    learn(ledger)
    with pytest.raises(NotFoundError, match="no version 9; kept versions: 1"):
        restore(ledger, 9, by="ann", now=LATER)
    with ledger.transaction() as tx:
        (model,) = tx[ModelStore].versions(MODEL)
        tx[ModelStore].put(model, b"other", keep=9)
    with pytest.raises(IntegrityError):
        restore(ledger, 1, by="ann", now=LATER)


def test_a_later_check_of_an_outcome_that_the_model_knows_is_no_new_outcome():
    outcomes = list(stream(120))
    ledger = fleet(*outcomes)
    learn(ledger)
    put(ledger, *(replace(one, stayed=3600.0) for one in outcomes))
    assert begin(ledger) is None


def test_models_are_compared_only_on_outcomes_that_the_present_one_has_not_seen():
    outcomes = list(stream(120))
    ledger = fleet(*outcomes)
    learn(ledger)
    put(ledger, *(replace(one, stayed=3600.0) for one in outcomes[60:]), *stream(100, start=300))
    put(ledger, *(replace(one, ending=Ending.FAILED) for one in stream(20, start=500)))
    found = begin(ledger)
    assert found is not None
    assert (found.unseen, found.replaces) == (100, False)


def test_an_outcome_that_the_model_never_learned_replaces_no_model_when_it_is_taken_back():
    ledger = fleet(*stream(80))
    learn(ledger)
    (recurred,) = stream(1, start=300)
    put(ledger, replace(recurred, ending=Ending.INEFFECTIVE, recurred=True))
    assert begin(ledger) is None
    assert versions(ledger) == [1]
