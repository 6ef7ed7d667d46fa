"""Whether another setting passes a limit: at once when it surely does, at the end when it likely does."""

from math import exp
from random import Random

import pytest

from grace_workers.cycles.experiments.limit import likely_passed, surely_passed

NOISE = 0.1


def blocks(ratio: float, seed: int, count: int = 30) -> tuple[list[float], list[tuple[bool, float]]]:
    """Return blocks before, and blocks in turns of which the others take so many times as long."""
    chance = Random(seed)
    before = [exp(chance.gauss(0, NOISE)) for _ in range(24)]
    since = [(at % 2 == 1, exp(chance.gauss(0, NOISE)) * (ratio if at % 2 else 1.0)) for at in range(count)]
    return before, since


def test_a_setting_that_leaves_the_figure_alone_or_makes_it_a_tenth_worse_is_hardly_ever_stopped_or_refused() -> None:
    for ratio, most in ((1.0, 2), (0.7, 0)):
        assert sum(surely_passed(*blocks(ratio, seed)) for seed in range(200)) <= 4
        assert sum(likely_passed(*blocks(ratio, seed)) for seed in range(200)) <= most
    assert sum(surely_passed(*blocks(1.1, seed)) for seed in range(200)) <= 6


def test_a_setting_that_makes_it_half_as_bad_again_is_stopped_within_few_blocks_and_never_promoted() -> None:
    stopped = []
    for seed in range(200):
        before, since = blocks(1.6, seed)
        stopped.append(next(at for at in range(1, 31) if surely_passed(before, since[:at])))
        assert likely_passed(before, since)
    assert sorted(stopped)[100] <= 12
    assert max(stopped) <= 30


def test_a_quarter_more_is_refused_at_the_end() -> None:
    assert sum(likely_passed(*blocks(1.3, seed)) for seed in range(200)) >= 190


def test_what_is_at_its_limit_is_hardly_ever_refused_for_its_noise() -> None:
    assert sum(likely_passed(*blocks(1.1, seed)) for seed in range(200)) <= 50


def test_too_few_blocks_before_an_experiment_are_refused() -> None:
    assert not likely_passed([1.0, 1.0, 1.1], [])
    with pytest.raises(ValueError, match="a limit needs 3 blocks before the experiment, not 2"):
        surely_passed([1.0, 2.0], [])
