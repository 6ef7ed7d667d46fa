from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.breaker import (
    Blocked,
    Breaker,
    BreakerPolicy,
    BreakerState,
    Bucket,
    Pass,
    Rate,
    ask,
    failed,
    succeeded,
    take,
)

POLICY = BreakerPolicy(failures=3, first=timedelta(seconds=1), longest=timedelta(seconds=8))
EVENTS = st.lists(st.tuples(st.sampled_from(["ask", "well", "ill"]), st.floats(0, 5), st.floats(0, 1)), max_size=60)


def after_failures(count: int, chance: float = 1.0) -> Breaker:
    breaker = Breaker()
    for _ in range(count):
        breaker = failed(breaker, POLICY, 0.0, chance)
    return breaker


def test_fewer_failures_than_the_threshold_leave_it_closed():
    assert after_failures(2).state is BreakerState.CLOSED


def test_an_answer_resets_the_count():
    assert failed(succeeded(after_failures(2)), POLICY, 0.0, 1.0).failed == 1


def test_it_opens_at_the_threshold_and_names_the_wait():
    breaker = after_failures(3)
    assert breaker.state is BreakerState.OPEN
    assert ask(breaker, POLICY, 0.25) == Blocked(0.75)


def test_after_the_wait_one_call_tries_and_the_others_wait():
    first = ask(after_failures(3), POLICY, 1.0)
    assert isinstance(first, Pass)
    assert first.after.state is BreakerState.HALF_OPEN
    assert isinstance(ask(first.after, POLICY, 1.1), Blocked)


def test_a_try_that_never_ends_is_given_up():
    first = ask(after_failures(3), POLICY, 1.0)
    assert isinstance(first, Pass)
    assert isinstance(ask(first.after, POLICY, 9.0), Pass)


def test_a_successful_try_closes_and_a_failed_one_opens_for_twice_as_long():
    tried = ask(after_failures(3), POLICY, 1.0)
    assert isinstance(tried, Pass)
    assert succeeded(tried.after) == Breaker()
    assert failed(tried.after, POLICY, 1.0, 1.0).until == 3.0


def test_a_late_answer_of_an_earlier_call_does_not_close_it():
    breaker = after_failures(3)
    assert succeeded(breaker) is breaker


@given(EVENTS)
def test_it_is_open_only_after_enough_failures_and_never_for_longer_than_the_longest_wait(events):
    breaker, now, since_answer = Breaker(), 0.0, 0
    for event, passed, chance in events:
        now += passed
        if event == "ask":
            answer = ask(breaker, POLICY, now)
            breaker = answer.after if isinstance(answer, Pass) else breaker
        elif event == "well":
            breaker = succeeded(breaker)
            since_answer = since_answer if breaker.state is BreakerState.OPEN else 0
        else:
            breaker = failed(breaker, POLICY, now, chance)
            since_answer += 1
        if breaker.state is not BreakerState.CLOSED:
            assert since_answer >= POLICY.failures
            assert breaker.until <= now + POLICY.longest.total_seconds()
        assert isinstance(ask(breaker, POLICY, now + POLICY.longest.total_seconds()), Pass)


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_no_more_calls_go_out_than_the_burst_and_the_rate_allow(pauses):
    rate = Rate(per_second=10.0, burst=5)
    bucket, now, taken = Bucket(5.0, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        bucket, wait = take(bucket, rate, now)
        taken += wait == 0.0
    assert taken <= 5 + now * 10.0 + 1e-6


def test_an_empty_bucket_names_the_wait_after_which_there_is_a_token():
    rate = Rate(per_second=2.0, burst=1)
    bucket, first = take(Bucket(1.0, 0.0), rate, 0.0)
    bucket, wait = take(bucket, rate, 0.1)
    assert (first, round(wait, 6)) == (0.0, 0.4)
    assert take(bucket, rate, 0.1 + wait + 1e-9)[1] == 0.0
