"""Waits between attempts: they double up to a cap, and jitter takes at most half of them."""

import random
from datetime import timedelta
from multiprocessing import get_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.backoff import backoff, jittered

BASE, CAP = timedelta(seconds=1), timedelta(minutes=5)


@given(st.integers(1, 10_000))
def test_a_wait_doubles_until_its_cap(attempt: int) -> None:
    assert backoff(attempt, base=BASE, cap=CAP) == min(BASE * 2 ** min(attempt - 1, 20), CAP)


@pytest.mark.parametrize("attempt", [0, -1])
def test_an_attempt_counts_from_one(attempt: int) -> None:
    with pytest.raises(ValueError, match=f"attempt {attempt} is below 1"):
        backoff(attempt, base=BASE, cap=CAP)


@given(st.timedeltas(timedelta(0), timedelta(days=1)), st.integers())
def test_jitter_draws_from_the_upper_half(wait: timedelta, seed: int) -> None:
    drawn = jittered(wait, random.Random(seed))
    assert wait / 2 - timedelta(microseconds=1) <= drawn <= wait


def test_forked_processes_draw_different_waits() -> None:
    waits = set()
    for _ in range(2):
        with get_context("fork").Pool(1) as pool:
            waits.add(pool.apply(jittered, (timedelta(hours=1),)))
    assert len(waits) == 2
