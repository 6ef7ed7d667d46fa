import random

import pytest

from grace_workers.learning import Ending
from grace_workers.learning.models.learner import Learner
from grace_workers.learning.models.training import trained
from tests.unit.learning.recall.precedents_of import outcome

pytestmark = pytest.mark.slow

SEEN = {
    "disk_full": {"line no space": 9.0, "signal Slow": 1.0},
    "process_down": {"line refused": 4.0, "signal Slow": 1.0},
    "lock_pileup": {"line lock": 6.0, "signal Slow": 1.0},
}


def stream(number, *, start=0, seen=SEEN):
    chance = random.Random(number)
    for at in range(start, start + number):
        cause = chance.choice(list(seen))
        noise = {f"line noise {chance.randint(0, 9)}": float(chance.randint(1, 5)) for _ in range(4)}
        yield outcome(at, cause=cause, features=seen[cause] | noise)


def test_few_outcomes_or_one_cause_train_nothing():
    assert trained(list(stream(19)), None, 0) is None
    assert trained([outcome(at) for at in range(50)], None, 0) is None


def test_precedents_that_teach_nothing_do_not_count():
    failed = [outcome(at, ending=Ending.FAILED) for at in range(50)]
    assert trained([*failed, *stream(19, start=60)], None, 0) is None


def test_the_first_model_has_to_beat_the_nearest_outcome():
    found = trained(list(stream(120)), None, 0)
    assert found is not None
    assert (found.better, found.model.trained, len(found.model)) == (True, True, 120)
    assert found.score < 0.1
    assert found.told().keys() == {"held_out", "brier", "brier_before"}


def test_a_new_model_is_better_once_the_world_has_changed():
    outcomes = list(stream(150))
    present = trained(outcomes, None, 0)
    assert present is not None
    moved = {"disk_full": SEEN["process_down"], "process_down": SEEN["lock_pileup"], "lock_pileup": SEEN["disk_full"]}
    outcomes += stream(150, start=200, seen=moved)
    challenged = Learner.from_bytes(present.model.to_bytes())
    found = trained(outcomes, challenged, 60)
    assert found is not None
    assert found.held == 60
    assert found.better


def test_one_that_is_no_better_is_not_promoted():
    outcomes = list(stream(150))
    found = trained(outcomes, None, 0)
    assert found is not None
    same = trained(outcomes, found.model, 20)
    assert same is not None
    # The current one has seen even the outcomes that were held out, so nothing can beat it.
    assert not same.better


@pytest.mark.parametrize("unseen", [0, 7, 1_000])
def test_at_most_half_of_the_outcomes_are_held_out(unseen):
    found = trained(list(stream(60)), Learner(), unseen)
    assert found is not None
    assert 5 <= found.held <= 30
