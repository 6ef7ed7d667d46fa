import pytest

from grace_workers.learning.choice import Past


def past(outcomes):
    found = Past()
    for helped in outcomes:
        found = found.after(helped)
    return found


def test_old_outcomes_stay_as_counts():
    found = past([True] * 150 + [False] * 50)

    assert found.counts == (150, 50)
    assert len(found.recent) == 100


def test_fading_keeps_the_share_of_successes():
    assert past([True] * 30 + [False] * 10).faded(0.1).counts == pytest.approx((3, 1))


def test_outcomes_of_one_rate_have_no_change():
    assert past([True, True, False] * 20 + [False]).since_change(0.5) is None


def test_a_fall_is_found_where_it_began():
    changed = past([True] * 40 + [False] * 8).since_change(0.5)

    assert changed is not None
    assert changed.recent == (False,) * 8


def test_a_rise_is_no_fall():
    assert past([False] * 40 + [True] * 20 + [False]).since_change(0.5) is None
