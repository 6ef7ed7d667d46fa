from math import exp
from random import Random

import pytest

from grace_workers.cycles.experiments import BlockResult, Experiment, Turn, next_step
from grace_workers.cycles.experiments.covariate import slope
from grace_workers.cycles.experiments.switchback import arm_of


def test_the_slope_is_what_the_load_explains() -> None:
    loads = [exp(Random(n).gauss(0, 0.1)) for n in range(24)]
    assert slope(loads, [one**1.5 for one in loads]) == pytest.approx(1.5)


def test_a_slope_that_chance_may_have_made_is_none() -> None:
    chance = Random(3)
    found = [slope(*([exp(chance.gauss(0, 0.1)) for _ in range(24)] for _ in range(2))) for _ in range(200)]
    assert sum(one == 0 for one in found) > 100
    assert slope([1.0] * 24, [exp(chance.gauss(0, 0.1)) for _ in range(24)]) == 0


def test_what_the_load_explains_is_no_effect() -> None:
    chance, load = Random(5), 1.0
    before: list[tuple[float, float]] = []
    for _ in range(24):
        load *= exp(chance.gauss(0, 0.1))
        before.append((load * exp(chance.gauss(0, 0.01)), load))
    asked = Experiment(before=tuple(one for one, _ in before), loads=tuple(one for _, one in before), seed=1)
    results: list[BlockResult] = []
    while not (trial := next_step(asked, results)).turn.ends:
        load *= exp(chance.gauss(0, 0.1))
        gain = 0.95 if trial.turn is Turn.RUN_OTHER else 1.0
        value = load * gain * exp(chance.gauss(0, 0.01))
        results.append(BlockResult(arm=arm_of(asked.seed, len(results)), value=value, load=load))
    assert trial.turn is Turn.PROMOTE
    assert trial.effect.mean == pytest.approx(0.05, abs=0.02)


def test_the_load_of_each_block_before_is_needed_or_of_none() -> None:
    with pytest.raises(ValueError, match="load of each block"):
        Experiment(before=(1.0,) * 8, loads=(1.0,) * 7, seed=1)
