from grace_workers.orchestration.job import Succeeded
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.orchestration.work.jobs.learning_train import DEFINITION
from tests.builders import Ward, claimed
from tests.unit.learning.models.test_training import stream


def run(ward):
    ending = DEFINITION.run(ward, claimed(ward, DEFINITION, {}))
    assert isinstance(ending, Succeeded)
    return ending.result


def test_without_news_it_does_nothing():
    assert run(Ward())["promoted"] is False


def test_it_trains_the_first_model_once():
    ward = Ward()
    with ward.ledger.transaction() as tx:
        for one in stream(60):
            tx[PrecedentStore].put(one)
    assert run(ward)["promoted"] is True
    assert run(ward) == {"promoted": False, "why": "nothing to learn since the last time"}


def test_beat_starts_it():
    assert DEFINITION.cadence is not None
    assert DEFINITION.rhythm == "learning_train"
