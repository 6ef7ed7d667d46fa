from math import inf
from random import Random

import pytest

from grace_workers.cycles.experiments import evidence, harm


def test_nothing_is_known_from_nothing_or_from_one_difference() -> None:
    assert (evidence([], error=0.05).low, evidence([0.3], error=0.05).high) == (-inf, inf)


def test_the_bounds_close_in_on_the_mean_as_more_is_seen() -> None:
    chance = Random(1)
    seen = [chance.gauss(0.5, 1.0) for _ in range(2000)]
    few, many = evidence(seen[:40], error=0.05), evidence(seen, error=0.05)
    assert few.low < many.low < 0.5 < many.high < few.high
    assert many.high - many.low < 0.25


def test_a_smaller_error_gives_wider_bounds() -> None:
    seen = [0.1, 0.2, 0.15, 0.05, 0.12, 0.18]
    assert evidence(seen, error=0.01).low < evidence(seen, error=0.1).low
    with pytest.raises(ValueError, match=r"error 0.5 is not between"):
        evidence(seen, error=0.5)


@pytest.mark.slow
def test_looking_after_every_difference_is_wrong_no_more_often_than_it_says() -> None:
    def ever_wrong(seed: int) -> bool:
        chance = Random(seed)
        seen = [chance.gauss(0.0, 1.0) for _ in range(40)]
        return any(evidence(seen[:count], error=0.05).low > 0 for count in range(2, 41))

    assert sum(map(ever_wrong, range(400))) <= 400 * 0.05 + 8


def test_great_harm_is_seen_at_once_and_none_is_seen_where_there_is_none() -> None:
    assert harm([0.5], 0.05, error=0.02)
    assert not harm([0.05], 0.05, error=0.02)
    assert not harm([-0.5] * 9, 0.05, error=0.02)
    assert harm([0.05] * 20, 0.05, error=0.02)
    assert not harm([], 0.0, error=0.02)
    assert harm([0.1], 0.0, error=0.02)
