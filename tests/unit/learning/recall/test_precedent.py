import pytest

from grace_workers.learning import Ending
from tests.unit.learning.recall.precedents_of import outcome


@pytest.mark.parametrize(
    ("ending", "right"),
    [(Ending.VERIFIED, True), (Ending.INEFFECTIVE, False), (Ending.FAILED, False), (Ending.INCONCLUSIVE, None)],
)
def test_the_ending_says_whether_the_cause_was_right(ending, right):
    assert outcome(ending=ending).right is right


def test_a_forgotten_outcome_says_nothing():
    assert outcome(forgotten=True).right is None


def test_only_a_verified_one_for_which_more_than_words_spoke_teaches():
    assert outcome().teaches
    assert not outcome(words_alone=True).teaches
    assert not outcome(ending=Ending.FAILED).teaches
    assert not outcome(features={}).teaches
