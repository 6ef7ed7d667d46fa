import random
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.signals.forecast import forecast

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
LOOK = timedelta(minutes=5)


def rising(number, *, start=0.5, an_hour=0.06, noise=0.0, seed=1):
    chance = random.Random(seed)
    return [(NOW + at * LOOK, start + an_hour * at / 12 + chance.gauss(0, noise)) for at in range(number)]


def test_a_straight_rise_is_foretold_to_the_minute():
    points = rising(24, start=0.8)
    found = forecast(points, 1.0)
    assert found is not None
    assert found.rise == pytest.approx(0.06)
    assert abs(found.full_at - (NOW + timedelta(hours=0.2 / 0.06))) < timedelta(minutes=1)
    assert found.soonest <= found.full_at <= found.latest


def test_what_is_uncertain_gets_a_wider_interval_that_holds_the_truth_nine_times_of_ten():
    truth = NOW + timedelta(hours=0.5 / 0.06)
    found = [forecast(rising(72, noise=0.02, seed=seed), 1.0) for seed in range(60)]
    assert all(found)
    held = sum(one.soonest <= truth <= one.latest for one in found if one is not None)
    assert held >= 48


def test_a_single_wrong_reading_turns_nothing():
    points = rising(60, start=0.3)
    points[30] = (points[30][0], 0.99)
    found = forecast(points, 1.0)
    assert found is not None
    assert found.rise == pytest.approx(0.06, abs=0.002)


@pytest.mark.parametrize(
    "points",
    [
        [],
        rising(11, start=0.9),
        rising(40, an_hour=0.0),
        rising(40, an_hour=-0.06),
        rising(40, an_hour=0.0, noise=0.02),
        rising(40, start=0.1, an_hour=0.001),
        [*rising(40, start=0.7), (NOW + 40 * LOOK, 1.0)],
        [(NOW, 0.5)] * 40,
    ],
    ids=["none", "few", "level", "falls", "noise", "far away", "full already", "one moment"],
)
def test_nothing_is_foretold_of(points):
    assert forecast(points, 1.0) is None
