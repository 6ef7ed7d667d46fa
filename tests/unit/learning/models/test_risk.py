import random

import pytest

from grace_workers.learning.models.risk import FailureRisk


def life(length, chance):
    for cycle in range(length):
        left = length - cycle
        wear = max(0, 60 - left) / 60
        yield {"heat": 50 + 8 * wear + chance.gauss(0, 0.5), "noise": chance.gauss(0, 1), "still": 3.0}


def taught(horizon=20, units=12):
    chance, risk = random.Random(1), FailureRisk(horizon=horizon)
    for unit in range(units):
        for readings in life(120 + 7 * unit, chance):
            risk.update(f"unit-{unit}", readings)
        risk.failed(f"unit-{unit}")
    return risk


@pytest.fixture(scope="module")
def stated():
    risk, chance = taught(), random.Random(9)
    said = [risk.update("new", readings) for readings in life(150, chance)]
    return risk, said


def test_nothing_is_foretold_before_a_unit_has_failed():
    risk = FailureRisk(horizon=20)

    assert {risk.update("a", readings) for readings in life(50, random.Random(1))} == {0.0}


@pytest.mark.slow
def test_a_failure_is_foretold_and_health_is_not(stated):
    _, said = stated

    assert max(said[:80]) < 0.2
    assert min(said[-10:]) > 0.8


@pytest.mark.slow
def test_the_factors_name_the_reading_that_tells(stated):
    risk, _ = stated

    first = risk.factors("new")[0]

    assert first.reading == "heat"
    assert first.drift > 4


@pytest.mark.slow
def test_a_reading_that_never_moves_is_no_factor(stated):
    risk, _ = stated

    assert "still" not in {factor.reading for factor in risk.factors("new")}


@pytest.mark.slow
def test_a_unit_can_be_assessed_without_being_remembered(stated):
    risk, said = stated
    whole = list(life(150, random.Random(9)))

    probability, factors = risk.assess(whole)

    assert probability == pytest.approx(said[-1])
    assert factors[0].reading == "heat"
    assert risk.assess([]) == (0.0, ())
    assert 0 <= risk.assess([{"heat": 50.0, "unheard": 1.0}])[0] <= 1


@pytest.mark.slow
def test_a_reading_may_be_missing_or_new():
    risk = taught()

    assert 0 <= risk.update("new", {"heat": 50.0, "novel": 1.0}) <= 1
    assert 0 <= risk.update("new", {"noise": 0.0}) <= 1


def test_the_failure_of_an_unknown_unit_teaches_nothing():
    risk = FailureRisk(horizon=20)
    risk.failed("stranger")

    assert risk.update("a", {"heat": 1.0}) == 0.0
    assert risk.factors("stranger") == ()
