import pytest

from grace_workers.learning.choice import Prior


def test_nothing_known_is_an_even_chance():
    assert Prior().expected("restart") == pytest.approx(0.5)


def test_a_playbook_never_run_is_expected_to_do_as_playbooks_do():
    prior = Prior()
    for _ in range(20):
        prior.add("restart", 9, 1)

    assert 0.7 < prior.expected("scale") < 0.9


def test_one_signature_with_many_outcomes_does_not_speak_for_all():
    prior = Prior()
    prior.add("restart", 10_000, 0)
    for _ in range(5):
        prior.add("restart", 0, 10)

    assert prior.expected("restart") < 0.4


def test_what_is_taken_back_leaves_no_trace():
    prior = Prior()
    prior.add("restart", 3, 1)
    prior.add("scale", 1, 7)
    prior.remove("scale", 1, 7)
    other = Prior()
    other.add("restart", 3, 1)

    assert prior.expected("scale") == pytest.approx(other.expected("scale"))


def test_a_playbook_that_is_new_to_a_signature_is_expected_to_do_as_for_its_family():
    everywhere = Prior()
    related = Prior({"restart": (12.0, 0.0), "scale": (0.0, 12.0)})

    assert related.expected("restart") > everywhere.expected("restart") > related.expected("scale")
    assert related.expected("other") == everywhere.expected("other")
