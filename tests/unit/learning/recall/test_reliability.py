import pytest

from grace_workers.learning import reliability


def test_without_answers_there_is_no_curve():
    found = reliability([])
    assert (found.bins, found.count, found.ece, found.brier) == ([], 0, None, None)


def test_it_compares_what_was_stated_with_what_came_true():
    answers = [(0.9, True)] * 9 + [(0.9, False)] + [(0.2, False)] * 3 + [(0.2, True)] * 1
    found = reliability(answers)
    assert [(one.low, one.count, round(one.stated, 2), round(one.right, 2)) for one in found.bins] == [
        (0.2, 4, 0.2, 0.25),
        (0.9, 10, 0.9, 0.9),
    ]
    assert found.ece == pytest.approx(4 * 0.05 / 14)
    assert found.brier == pytest.approx((9 * 0.01 + 0.81 + 3 * 0.04 + 0.64) / 14)


def test_certainty_belongs_to_the_last_bin():
    assert [one.high for one in reliability([(1.0, True)]).bins] == [1.0]
