import random

import pytest

from grace_workers.learning.models.learner import Learner

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


def test_it_learns_anew_when_it_has_been_wrong_several_times():
    learner = Learner(every=1_000)
    for counts, kind in outcomes(60, ("disk", "memory")):
        learner.learn(counts, kind)
    for number in range(8):
        learner.learn({"write_failed": 9, "retry": 3, f"odd_{number}": 1}, f"new_{number}")

    answer = learner.predict({"write_failed": 9, "retry": 3, "odd_3": 1})

    assert max(answer, key=answer.get) == "new_3"
