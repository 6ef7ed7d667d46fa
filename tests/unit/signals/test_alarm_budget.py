import random

import pytest

from grace_workers.signals.alarm_budget import AlarmBudget


def alarms(scores, allowed):
    budget, begun = AlarmBudget(), 0
    for score in scores:
        after = budget.after(score, allowed)
        begun += after.alarmed and not budget.alarmed
        budget = after
    return begun


def test_a_rare_score_is_an_alarm_that_lasts_until_it_is_calm_again():
    budget = AlarmBudget().after(9.0, 0.001)
    assert budget.alarmed
    for score in (9.0, 1.0, 1.0, 9.0, 1.0, 1.0):
        budget = budget.after(score, 0.001)
        assert budget.alarmed
    assert not budget.after(1.0, 0.001).alarmed


def test_usual_scores_are_none():
    assert alarms([1.0, 2.0, 3.0] * 1_000, 0.01) == 0


@pytest.mark.parametrize("spread", [1.0, 4.0, 20.0])
def test_over_a_long_time_there_are_no_more_alarms_than_allowed_whatever_the_series_is_like(spread):
    chance = random.Random(1)
    scores = [abs(chance.gauss(0, spread)) for _ in range(40_000)]
    greatest = max(scores)
    assert alarms(scores, 1 / 500) <= 40_000 / 500 + greatest


def test_after_one_alarm_no_other_begins_for_a_while():
    assert alarms([9.0, 1.0, 1.0, 1.0, 30.0] + [1.0] * 20, 0.001) == 1


def test_a_series_that_was_quiet_for_long_alarms_sooner():
    budget = AlarmBudget()
    for _ in range(3_000):
        budget = budget.after(1.0, 0.001)
    assert budget.threshold == pytest.approx(4.0)
    assert budget.after(5.0, 0.001).alarmed
