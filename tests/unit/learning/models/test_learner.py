import pickle
import random

import pytest

from grace_workers.foundation.errors import IntegrityError
from grace_workers.learning.models.learner import Learner
from grace_workers.learning.models.packed import pack, unpack

pytestmark = pytest.mark.slow

KINDS = {
    "disk": {"write_failed": 9, "retry": 3},
    "memory": {"killed": 1, "retry": 3},
    "network": {"timeout": 20, "retry": 6, "reset": 2},
}


def outcomes(number, kinds=tuple(KINDS), seed=1):
    chance = random.Random(seed)
    for _ in range(number):
        kind = chance.choice(kinds)
        counts = {event: count + chance.randint(0, 2) for event, count in KINDS[kind].items()}
        yield counts | {f"noise_{chance.randint(0, 5)}": chance.randint(1, 9)}, kind


def taught(number, kinds=tuple(KINDS)):
    learner = Learner()
    for counts, kind in outcomes(number, kinds):
        learner.learn(counts, kind)
        if learner.due:
            learner.train()
    return learner


def test_before_any_outcome_it_does_not_know():
    assert Learner().predict({"retry": 1}) == {}


def test_with_few_outcomes_it_says_the_commonest_and_is_unsure():
    learner = taught(5, ("disk",))

    assert learner.predict({"retry": 1}) == {"disk": pytest.approx(5 / 6)}


def test_it_tells_kinds_apart_by_their_events():
    learner = taught(120)

    answers = [(learner.predict(counts), kind) for counts, kind in outcomes(40, seed=2)]

    assert [max(answer, key=answer.get) for answer, _ in answers] == [kind for _, kind in answers]
    assert min(max(answer.values()) for answer, _ in answers) > 0.8


def test_probabilities_never_add_up_to_more_than_one():
    learner = taught(80)

    for counts, _ in outcomes(40, seed=3):
        assert 0 < sum(learner.predict(counts).values()) <= 1 + 1e-9


def test_an_outcome_counts_at_once():
    learner = taught(60, ("disk", "memory"))
    counts = {"timeout": 20, "reset": 2}
    learner.learn(counts, "network")

    answer = learner.predict(counts)

    assert max(answer, key=answer.get) == "network"


def test_what_it_never_saw_it_trusts_less():
    learner = taught(150, ("disk", "memory"))
    known = learner.predict({"write_failed": 9, "retry": 3})
    strange = learner.predict({"retry": 3, "timeout": 20, "reset": 2, "never_seen": 5})

    assert max(strange.values()) < 0.7 < max(known.values())


def test_of_events_that_never_occurred_it_does_not_know():
    assert taught(60).predict({"never_seen": 5}) == {}


def test_it_is_retrained_after_several_wrong_answers():
    learner = Learner(every=1_000)
    for counts, kind in outcomes(60, ("disk", "memory")):
        learner.learn(counts, kind)
        if learner.due:
            learner.train()
    for number in range(8):
        learner.learn({"write_failed": 9, "retry": 3, f"odd_{number}": 1}, f"new_{number}")
    for counts, kind in outcomes(15, ("disk", "memory"), seed=4):
        learner.learn(counts, kind)
    assert learner.due
    learner.train()
    assert not learner.due

    answer = learner.predict({"write_failed": 9, "retry": 3, "odd_3": 1})

    assert max(answer, key=answer.get) == "new_3"


def test_what_it_learns_is_cheap_and_needs_no_scikit_learn_until_it_is_trained():
    learner = Learner()
    for counts, kind in outcomes(60):
        learner.learn(counts, kind)

    assert (learner.due, learner.trained) == (True, False)


def test_what_is_stored_answers_and_learns_on_as_the_original():
    learner = taught(150)
    for counts, kind in outcomes(80, seed=9):
        learner.learn(counts, {"disk": "memory", "memory": "network"}.get(kind, "disk"))
    learner.train()
    again = Learner.from_bytes(learner.to_bytes())

    for counts, kind in outcomes(60, seed=5):
        assert again.predict(counts) == learner.predict(counts)
        learner.learn(counts, kind)
        again.learn(counts, kind)
    assert again.due == learner.due


def test_what_is_no_stored_learner_is_refused():
    content = taught(60).to_bytes()

    for wrong in (b"", b"PK\x03\x04", content[:-40], pickle.dumps({"a": 1})):
        with pytest.raises(IntegrityError):
            Learner.from_bytes(wrong)


def test_stored_numbers_that_contradict_each_other_are_refused():
    arrays, words = unpack(taught(60).to_bytes())

    for name in ("known_outcomes", "judged", "like_left", "like_feature", "known_rows"):
        with pytest.raises(IntegrityError):
            Learner.from_bytes(pack({**arrays, name: arrays[name][:-1]}, words))
    loops = {**arrays, "like_left": arrays["like_left"] * 0}
    with pytest.raises(IntegrityError):
        Learner.from_bytes(pack(loops, words))


def test_a_forgotten_outcome_says_nothing_any_more():
    learner = taught(60, ("disk", "memory"))
    counts = {"timeout": 20, "reset": 2}
    learner.learn(counts, "network", key="poison")
    learner.forget("poison")

    assert "network" not in learner.predict(counts)
    assert len(learner) == 60


def test_an_answer_that_did_not_help_is_trusted_less():
    learner = taught(200, ("disk", "memory"))
    counts = {"write_failed": 9, "retry": 3}
    before = learner.predict(counts)["disk"]
    for _ in range(40):
        learner.miss(counts, "disk")
    learner.train()

    assert learner.predict(counts)["disk"] < before


def test_it_names_the_events_that_tell_most():
    assert taught(120).telling({"retry": 3, "killed": 1, "noise_1": 4}, most=1) == ["killed"]
