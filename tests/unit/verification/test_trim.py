from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from grace_workers.verification import judge, open_expectations, trimmed
from tests.unit.verification.test_judge import expectation, seen

TURNS = st.lists(st.tuples(st.floats(0.1, 8), st.sampled_from([None, 0.0, 1.0])), min_size=1, max_size=15)


@given(turns=TURNS, hold=st.sampled_from([0, 2, 6]))
def test_the_verdict_is_the_same_at_every_moment_as_if_all_were_kept(turns, hold):
    """Two expectations, looked at alternately as the line looks: only open ones, trimmed before every pause."""
    wanted = (expectation("one", hold=timedelta(seconds=hold)), expectation("two"))
    now, every, kept = 0.0, [], ()
    for pause, value in turns:
        now += pause
        elapsed = timedelta(seconds=now)
        assert judge(wanted, kept, {}, elapsed=elapsed) == judge(wanted, every, {}, elapsed=elapsed)
        for item in open_expectations(wanted, kept, {}):
            fresh = seen((now, value), name=item.id)
            every, kept = [*every, *fresh], (*kept, *fresh)
        assert judge(wanted, kept, {}, elapsed=elapsed) == judge(wanted, every, {}, elapsed=elapsed)
        kept = trimmed(wanted, kept, {}, elapsed=elapsed)


def test_an_open_expectation_keeps_a_handful_however_long_it_takes():
    wanted = (expectation(within=timedelta(days=1), hold=timedelta(days=1)),)
    kept = ()
    for at in range(2000):
        value = None if at % 7 == 0 else float(at > 900)
        kept = trimmed(wanted, (*kept, *seen((at, value))), {}, elapsed=timedelta(seconds=at))
        assert len(kept) <= 4
    assert [one.elapsed for one in kept] == [901, 1995, 1999]


def test_what_is_no_expectations_is_not_kept():
    assert trimmed((expectation(),), seen((1, 0), name="another"), {}, elapsed=timedelta(seconds=1)) == ()


def test_what_cannot_be_compared_keeps_what_it_has():
    slower = expectation(regression=True)
    assert len(trimmed((slower,), seen((1, 0), (2, 1)), {}, elapsed=timedelta(seconds=2))) == 2
