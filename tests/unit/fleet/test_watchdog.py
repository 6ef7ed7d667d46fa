from datetime import timedelta

import pytest

from grace_workers.fleet import (
    Kill,
    Leave,
    LifeSigns,
    Replace,
    RestartPolicy,
    WatchdogTimeouts,
    again,
    judge,
    made_good,
)

TIMEOUTS = WatchdogTimeouts()


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.mark.parametrize(
    ("signs", "why"),
    [
        (LifeSigns(stopped=seconds(1.1)), "hung: stopped for 1.1 s"),
        (LifeSigns(silent=seconds(2.1)), "hung: no pulse for 2.1 s"),
        (LifeSigns(unanswered=seconds(2.1)), "hung: self-test unanswered for 2.1 s"),
        (LifeSigns(busy=seconds(31)), "hung: busy for 31.0 s without a pulse or an answer"),
    ],
)
def test_a_process_that_hangs_is_killed(signs, why):
    assert judge(signs, TIMEOUTS) == Kill(why)


@pytest.mark.parametrize("signs", [LifeSigns(failing=seconds(10.1)), LifeSigns(starting=seconds(61))])
def test_a_process_that_lives_but_does_not_work_is_replaced(signs):
    assert isinstance(judge(signs, TIMEOUTS), Replace)


@pytest.mark.parametrize(
    "signs",
    [
        LifeSigns(),
        LifeSigns(silent=seconds(2), stopped=seconds(1), unanswered=seconds(2), busy=seconds(30), failing=seconds(10)),
        LifeSigns(silent=None, starting=seconds(60)),
    ],
)
def test_a_process_within_its_timeouts_is_left_alone(signs):
    assert judge(signs, TIMEOUTS) == Leave()


def test_loading_a_program_may_block_its_threads_for_longer():
    assert judge(LifeSigns(ready=False, silent=seconds(14)), TIMEOUTS) == Leave()
    assert isinstance(judge(LifeSigns(ready=False, silent=seconds(16)), TIMEOUTS), Kill)


def test_a_hang_counts_before_a_failing_self_test():
    assert isinstance(judge(LifeSigns(silent=seconds(3), failing=seconds(30)), TIMEOUTS), Kill)


def test_the_wait_doubles_with_the_streak_up_to_the_longest():
    policy = RestartPolicy(first=seconds(0.1), longest=seconds(1))
    waits = [again(streak, [], policy).wait for streak in (1, 2, 3, 9)]
    assert waits == [seconds(0.1), seconds(0.2), seconds(0.4), seconds(1)]


def test_only_recent_failures_make_an_incident():
    policy = RestartPolicy(often=3, within=seconds(60))
    assert again(1, [seconds(0), seconds(10), seconds(59)], policy).escalate
    assert not again(1, [seconds(0), seconds(10), seconds(61)], policy).escalate


def test_failures_in_a_row_make_an_incident_however_far_apart():
    policy = RestartPolicy(escalate_after=3, within=seconds(60))
    assert again(3, [seconds(0), seconds(61), seconds(122)], policy).escalate


def test_uptime_reduces_the_failure_count():
    assert [made_good(4, seconds(lived)) for lived in (0, 5, 11, 60)] == [4, 3, 2, 0]
