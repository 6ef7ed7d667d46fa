"""What neighbours tell about a wandering load, and that nothing is made of it where there is no effect."""

from random import Random
from statistics import fmean, stdev

import pytest

from grace_workers.cycles.experiments.neighbours import gains, left_over, wandering


def blocks(chance: Random, count: int, *, wander: float, gain: float = 0.0) -> tuple[list[float], list[bool]]:
    level, values, others = 0.0, list[float](), list[bool]()
    for at in range(count):
        level += chance.gauss(0, wander)
        others.append(chance.random() < 0.5 if at % 2 == 0 else not others[-1])
        values.append(level + chance.gauss(0, 0.04) - gain * others[-1])
    return values, others


def test_how_much_the_load_wanders_is_told_apart_from_noise() -> None:
    chance = Random(1)
    calm = fmean(wandering(blocks(chance, 400, wander=0.004)[0]) for _ in range(20))
    wild = fmean(wandering(blocks(chance, 400, wander=0.06)[0]) for _ in range(20))
    assert calm < 0.2
    assert wild == pytest.approx(2.25, rel=0.3)
    assert wandering([1.0] * 8) == 0.05


def test_a_level_leaves_nothing_over_and_a_step_of_one_block_most_of_itself() -> None:
    assert left_over([3.0] * 6, 1.0) == pytest.approx([0.0] * 6)
    alone = left_over([0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0], 0.5)
    assert sum(alone) == pytest.approx(0.0, abs=1e-12)
    assert alone[3] > 0.5
    assert alone[2] < 0


def test_the_mean_of_the_gains_is_the_effect_and_more_exact_than_that_of_plain_pairs() -> None:
    chance, found, plain = Random(2), list[float](), list[float]()
    for _ in range(300):
        values, others = blocks(chance, 60, wander=0.06, gain=0.05)
        found.append(fmean(gains([], values, others)))
        turns = (1 if others[at] else -1 for at in range(0, 60, 2))
        plain.append(fmean(turn * (values[2 * at] - values[2 * at + 1]) * -1 for at, turn in enumerate(turns)))
    assert fmean(found) == pytest.approx(0.05, abs=0.003)
    assert stdev(found) < 0.95 * stdev(plain)


def test_which_of_a_pair_came_first_decides_the_sign_of_a_gain_that_is_none() -> None:
    values, others = blocks(Random(3), 20, wander=0.06)
    turned = [not one for one in others[:2]] + others[2:]
    one, other = gains([0.1, 0.2], values, others), gains([0.1, 0.2], values, turned)
    assert one[0] * other[0] < 0
    assert gains([0.1], [], []) == []
