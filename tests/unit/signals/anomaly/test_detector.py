import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.signals.anomaly import AnomalyDetector

START = datetime(2026, 3, 2, tzinfo=UTC)
STEP = timedelta(minutes=10)


def run(values, detector=None, start=START):
    detector = detector or AnomalyDetector()
    return [detector.update(start + at * STEP, value) for at, value in enumerate(values)]


def noise(number, seed=1):
    chance = random.Random(seed)
    return [100 + chance.gauss(0, 5) for _ in range(number)]


def daily(number, seed=1):
    chance = random.Random(seed)
    return [100 + 40 * math.sin(2 * math.pi * at / 144) + chance.gauss(0, 4) for at in range(number)]


def test_a_jump_stands_out_from_noise():
    values = noise(1_000)
    values[800:] = [value + 60 for value in values[800:]]

    scores = run(values)

    assert max(scores[800:812]) > 3 * max(scores[200:800])


def test_a_fall_counts_as_a_rise_does():
    values = noise(900)
    scores = run([*values[:800], *[value - 60 for value in values[800:]]])

    assert max(scores[800:812]) > 2 * max(scores[200:800])


def test_the_usual_day_is_not_unusual_but_a_day_without_its_rhythm_is():
    values = daily(144 * 9)
    flat = [*values[: 144 * 8], *noise(144)]

    assert max(run(flat)[144 * 8 :]) > 2 * max(run(values)[144 * 8 :])


def test_the_scale_of_a_series_does_not_matter():
    values = noise(400)
    values[350] = 300.0

    assert run([value * 1e6 for value in values]) == pytest.approx(run(values), rel=1e-6, abs=1e-6)


def test_a_series_that_never_moves_is_never_unusual():
    assert set(run([3.3] * 500)) == {0.0}


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e12])
def test_a_first_move_after_stillness_is_unusual_at_once(size):
    scores = run([0.0] * 300 + [size] + [0.0] * 50)

    assert scores[300] > 10
    assert all(math.isfinite(score) for score in scores)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_left_out(value):
    values = noise(300)
    detector = AnomalyDetector()
    run(values, detector)

    assert detector.update(START + 300 * STEP, value) == 0.0
    assert detector.update(START + 301 * STEP, 100.0) < 5


def test_the_same_readings_give_the_same_scores():
    assert run(noise(300)) == run(noise(300))


@pytest.mark.slow
def test_what_is_remembered_does_not_grow():
    detector = AnomalyDetector()
    run(noise(4_500), detector)

    assert len(detector._readings.values) == len(detector._levels.values) == 2_000
