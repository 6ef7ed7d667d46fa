import pytest

from grace_workers.signals.anomaly.usual import Usual


def usual(values, kept=100):
    found = Usual(kept)
    for value in values:
        found.add(value)
    return found


def test_only_the_newest_are_kept_in_their_order():
    assert usual(range(1_234), kept=5).values.tolist() == [1229, 1230, 1231, 1232, 1233]


def test_excess_is_counted_in_standard_deviations_above_the_mean():
    found = usual([1, 3] * 50)

    assert found.excess(5) == pytest.approx(3)
    assert found.excess(0) == 0


def test_nothing_is_unusual_while_little_is_known():
    assert usual([1, 3] * 29).excess(100) == 0


def test_without_values_the_mean_is_what_is_given():
    assert Usual(5).mean(7.0) == 7.0


def test_another_value_than_always_is_as_unusual_as_can_be():
    assert usual([2] * 100).excess(3) == pytest.approx(10)
    assert usual([2] * 100).excess(2 + 1e-12, least=1e-9) == 0
