import random

from grace_workers.learning.choice import Experience, Prior

ALL = ("restart", "scale", "purge")


def chosen(experience):
    return max(ALL, key=experience.promise)


def taught(outcomes, prior=None):
    experience = Experience(prior or Prior())
    for playbook, helped in outcomes:
        experience.learn(playbook, helped=helped)
    return experience


def test_what_helps_is_kept():
    experience = taught([("scale", True)] * 5)

    assert chosen(experience) == "scale"
    assert experience.expected("scale") > experience.expected("restart")


def test_what_never_helps_is_left_for_what_was_not_tried():
    experience = taught([("restart", False)] * 4)

    assert chosen(experience) != "restart"


def test_of_equal_success_the_less_known_promises_more_but_is_not_expected_to_do_better():
    experience = taught([("restart", True), ("restart", False)] * 20 + [("scale", True), ("scale", False)] * 2)

    assert experience.promise("scale") > experience.promise("restart")
    assert abs(experience.expected("scale") - experience.expected("restart")) < 0.05


def test_a_signature_without_outcomes_expects_what_helped_elsewhere():
    prior = Prior()
    for number in range(20):
        taught([("scale", True), ("restart", False)] * (1 + number % 3), prior)

    new = Experience(prior)

    assert new.expected("scale") > 0.7
    assert new.expected("restart") < 0.3


def test_a_cure_that_stops_helping_is_a_surprise_and_is_forgotten_soon():
    experience = taught([("scale", True)] * 60)

    surprised = [experience.learn("scale", helped=False) for _ in range(8)]

    assert surprised.count(True) == 1
    assert chosen(experience) != "scale"


def test_a_single_miss_among_successes_is_no_surprise():
    chance = random.Random(5)
    experience = Experience(Prior())

    surprises = [experience.learn("scale", helped=chance.random() < 0.7) for _ in range(300)]

    assert not any(surprises)


def test_after_a_surprise_the_outcomes_of_others_count_little():
    experience = taught([("restart", False)] * 10 + [("scale", True)] * 60)
    before = experience.promise("restart")

    for _ in range(8):
        experience.learn("scale", helped=False)

    assert experience.promise("restart") > before + 0.1


def test_the_same_outcomes_lead_to_the_same_choice():
    outcomes = [(ALL[number % 3], number % 4 == 0) for number in range(50)]

    assert [taught(outcomes).promise(one) for one in ALL] == [taught(outcomes).promise(one) for one in ALL]
