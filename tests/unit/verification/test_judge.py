from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.ids import TargetName
from grace_workers.playbooks import Expectation, Operator
from grace_workers.verification import Observation, VerdictKind, judge, next_look, open_expectations
from grace_workers.verification.judge import LOOK_LATEST, fits

START = datetime(2026, 1, 1, tzinfo=UTC)
WITHIN = 10.0


def expectation(name="runs", **changes):
    given_values = {
        "id": name,
        "check": "alive",
        "target": TargetName("web"),
        "params": {},
        "operator": Operator.EQ,
        "bound": 1.0,
        "within": timedelta(seconds=WITHIN),
    }
    return Expectation(**{**given_values, **changes})


def seen(*readings, name="runs"):
    return [
        Observation(
            expectation=name,
            value=value,
            at=START + timedelta(seconds=at),
            elapsed=at,
            error=None if value is not None else "no answer",
        )
        for at, value in readings
    ]


def verdict(observations, elapsed, *expectations, baseline=None):
    wanted = expectations or (expectation(),)
    found = judge(wanted, observations, baseline or {}, elapsed=timedelta(seconds=elapsed))
    return found.kind if found else None


def test_a_fitting_reading_in_time_passes_at_once():
    assert verdict(seen((0, 0), (1, 1)), 1) is VerdictKind.PASSED


def test_before_the_deadline_it_stays_open():
    assert verdict(seen((0, 0), (9, 0)), 9.9) is None
    assert verdict([], 0) is None


def test_what_is_not_met_by_its_deadline_fails_with_the_last_reading():
    found = judge([expectation()], seen((0, 0), (9, 0)), {}, elapsed=timedelta(seconds=10))
    assert found.kind is VerdictKind.FAILED
    assert found.reasons == ("runs: alive of web == 1 within 10s: not met in time: read 0",)


def test_a_reading_after_the_deadline_is_too_late():
    assert verdict(seen((9, 0), (11, 1)), 11) is VerdictKind.FAILED


def test_without_a_timely_reading_the_first_late_one_counts():
    assert verdict([], 15) is None
    assert verdict(seen((15, 1)), 15) is VerdictKind.PASSED
    assert verdict(seen((15, 0)), 15) is VerdictKind.FAILED


def test_what_cannot_be_observed_is_inconclusive():
    assert verdict(seen((1, None), (9, None)), 9) is None
    assert verdict(seen((1, None), (10, None)), 10) is VerdictKind.INCONCLUSIVE
    assert verdict([], WITHIN + LOOK_LATEST) is VerdictKind.INCONCLUSIVE


def test_a_probe_that_failed_does_not_hide_what_was_read():
    assert verdict(seen((1, 0), (9, None)), 10) is VerdictKind.FAILED
    assert verdict(seen((1, None), (5, 1)), 5) is VerdictKind.PASSED


def test_a_bound_must_hold_for_its_time():
    holding = expectation(hold=timedelta(seconds=5))
    assert verdict(seen((1, 1), (3, 1)), 3, holding) is None
    assert verdict(seen((1, 1), (6, 1)), 6, holding) is VerdictKind.PASSED


def test_a_hold_that_breaks_may_begin_again_before_the_deadline():
    holding = expectation(hold=timedelta(seconds=5))
    broken = seen((1, 1), (3, 0), (4, 1), (8, 1))
    assert verdict(broken, 8, holding) is None
    assert verdict([*broken, *seen((9, 1))], 9, holding) is VerdictKind.PASSED


def test_a_hold_may_end_after_the_deadline_but_not_break_there():
    holding = expectation(hold=timedelta(seconds=5))
    assert verdict(seen((8, 1), (12, 1)), 12, holding) is None
    assert verdict(seen((8, 1), (13, 1)), 13, holding) is VerdictKind.PASSED
    broken = judge([holding], seen((8, 1), (12, 0)), {}, elapsed=timedelta(seconds=12))
    assert broken.reasons == ("runs: alive of web == 1 within 10s, then for 5s: did not hold: read 0",)


def test_a_hold_whose_end_is_not_observed_is_inconclusive():
    holding = expectation(hold=timedelta(seconds=5))
    assert verdict(seen((8, 1), (13, None)), 13 + LOOK_LATEST, holding) is VerdictKind.INCONCLUSIVE


def test_a_regression_is_held_against_the_reading_before():
    slower = expectation(operator=Operator.LE, bound=1.2, regression=True)
    assert verdict(seen((1, 119)), 1, slower, baseline={"runs": 100}) is VerdictKind.PASSED
    assert verdict(seen((1, 121)), 10, slower, baseline={"runs": 100}) is VerdictKind.FAILED
    assert verdict(seen((1, 1)), 1, slower) is VerdictKind.INCONCLUSIVE


def test_one_miss_fails_the_whole_at_once():
    quick = expectation("quick", within=timedelta(seconds=1))
    assert verdict(seen((0.5, 0), name="quick"), 1, quick, expectation()) is VerdictKind.FAILED


def test_inconclusive_waits_until_nothing_is_open():
    blind = expectation("blind", within=timedelta(seconds=1))
    observations = seen((1, None), name="blind")
    assert verdict(observations, 1, blind, expectation()) is None
    assert verdict([*observations, *seen((2, 1))], 2, blind, expectation()) is VerdictKind.INCONCLUSIVE


def test_nothing_expected_verifies_nothing():
    assert judge([], [], {}, elapsed=timedelta(0)).kind is VerdictKind.INCONCLUSIVE


@pytest.mark.parametrize(
    ("operator", "fitting", "unfitting"),
    [
        (Operator.LT, 0.9, 1.0),
        (Operator.LE, 1.0, 1.1),
        (Operator.EQ, 1.0, 1.1),
        (Operator.NE, 1.1, 1.0),
        (Operator.GE, 1.0, 0.9),
        (Operator.GT, 1.1, 1.0),
    ],
)
def test_each_operator_means_what_it_says(operator, fitting, unfitting):
    assert fits(fitting, operator, 1.0)
    assert not fits(unfitting, operator, 1.0)
    assert not fits(float("nan"), operator, 1.0)


readings = st.lists(
    st.tuples(st.floats(0, 30), st.sampled_from([None, 0.0, 1.0])), max_size=12, unique_by=lambda reading: reading[0]
)


@given(observed=readings, hold=st.sampled_from([0, 2]), order=st.randoms())
def test_a_verdict_does_not_depend_on_the_order_of_the_observations(observed, hold, order):
    wanted = expectation(hold=timedelta(seconds=hold))
    now = max([0.0, *(at for at, _ in observed)])
    shuffled = list(observed)
    order.shuffle(shuffled)
    assert verdict(seen(*shuffled), now, wanted) == verdict(seen(*observed), now, wanted)


@given(observed=readings, hold=st.sampled_from([0, 2]))
def test_every_verification_ends(observed, hold):
    wanted = expectation(hold=timedelta(seconds=hold))
    assert verdict(seen(*observed), 30 + WITHIN + hold + LOOK_LATEST, wanted) is not None


@given(observed=readings)
def test_only_a_fitting_reading_passes(observed):
    if verdict(seen(*observed), 31) is VerdictKind.PASSED:
        assert any(value == 1 for _, value in observed)


@given(turns=st.integers(1, 300), meets_at=st.floats(0, 20), hold=st.sampled_from([0.0, 0.3, 3.0]))
def test_following_the_planned_looks_leads_to_the_right_verdict(turns, meets_at, hold):
    wanted = expectation(hold=timedelta(seconds=hold))
    now, observations, found = 0.0, [], None
    while found is None:
        wait = next_look([wanted], observations, {}, elapsed=timedelta(seconds=now))
        assert wait is not None
        now += wait.total_seconds() + turns / 1e5
        assert open_expectations([wanted], observations, {})
        observations += seen((now, 1.0 if now >= meets_at else 0.0))
        found = verdict(observations, now, wanted)
        assert len(observations) < 100
    if meets_at <= WITHIN - 0.1:
        assert found is VerdictKind.PASSED
    if meets_at > WITHIN:
        assert found is VerdictKind.FAILED


def test_nothing_is_read_once_all_expectations_are_settled():
    assert open_expectations([expectation()], seen((1, 1)), {}) == ()
    assert next_look([expectation()], seen((1, 1)), {}, elapsed=timedelta(seconds=1)) is None


def test_only_open_expectations_are_read_again():
    other = expectation("other")
    assert open_expectations([expectation(), other], seen((1, 1)), {}) == (other,)


def test_a_long_expectation_is_read_less_often_but_at_least_once_a_minute():
    def pause(within, hold, at):
        wanted = expectation(within=timedelta(seconds=within), hold=timedelta(seconds=hold))
        observations = seen((0, 0), (at, 0))
        return next_look([wanted], observations, {}, elapsed=timedelta(seconds=at)).total_seconds()

    assert pause(40, 0, 20) == 2
    assert pause(400, 200, 20) == 5
    assert pause(400, 200, 300) == 30
    assert pause(86_400, 0, 3600) == 60
