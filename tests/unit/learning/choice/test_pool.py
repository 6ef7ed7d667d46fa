import pytest

from grace_workers.learning.choice import Pool


def test_nothing_known_is_an_even_chance():
    assert Pool().expected("restart") == pytest.approx(0.5)


def test_a_playbook_never_run_is_expected_to_do_as_playbooks_do():
    pool = Pool()
    for _ in range(20):
        pool.add("restart", 9, 1)

    assert 0.7 < pool.expected("scale") < 0.9


def test_one_signature_with_many_outcomes_does_not_speak_for_all():
    pool = Pool()
    pool.add("restart", 10_000, 0)
    for _ in range(5):
        pool.add("restart", 0, 10)

    assert pool.expected("restart") < 0.4


def test_what_is_taken_back_leaves_no_trace():
    pool = Pool()
    pool.add("restart", 3, 1)
    pool.add("scale", 1, 7)
    pool.remove("scale", 1, 7)
    other = Pool()
    other.add("restart", 3, 1)

    assert pool.expected("scale") == pytest.approx(other.expected("scale"))
