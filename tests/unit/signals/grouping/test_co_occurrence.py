from dataclasses import replace
from datetime import UTC, datetime, timedelta

from grace_workers.foundation.ids import TargetName
from grace_workers.signals.grouping import MOST_TOGETHER, CoOccurrence, linked, pairs_of

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SPAN = timedelta(minutes=2)
A, B = TargetName("a"), TargetName("b")
PAIR = CoOccurrence(one=A, other=B, together=4, failed=(5, 6), since=NOW - timedelta(days=30))


def test_targets_that_fail_together_more_often_than_chance_has_it_are_linked() -> None:
    assert linked(PAIR, NOW, SPAN)


def test_two_failures_at_once_are_no_proof() -> None:
    assert not linked(replace(PAIR, together=2), NOW, SPAN)


def test_two_that_mostly_fail_alone_are_not_linked() -> None:
    assert not linked(replace(PAIR, failed=(40, 60)), NOW, SPAN)


def test_two_that_fail_all_the_time_meet_by_chance() -> None:
    assert not linked(replace(PAIR, together=30, failed=(50, 60), since=NOW - timedelta(hours=4)), NOW, SPAN)


def test_a_pair_is_kept_in_one_order_and_a_storm_makes_none() -> None:
    assert pairs_of(B, [A, B]) == [(A, B)]
    assert pairs_of(A, [TargetName(f"t{at}") for at in range(MOST_TOGETHER)]) == ()
