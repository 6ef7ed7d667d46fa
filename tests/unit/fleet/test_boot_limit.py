"""When a node that keeps failing may boot again."""

from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.fleet import MayBoot, MustWait, may_boot

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ago(*minutes: float) -> list[datetime]:
    return [NOW - timedelta(minutes=one) for one in minutes]


@pytest.mark.parametrize("failed", [[], ago(1, 2), ago(1, 2, 10), ago(1, 2, 30, 40, 50)])
def test_fewer_than_three_failures_in_ten_minutes_are_borne(failed) -> None:
    assert may_boot(failed, NOW) == MayBoot()


def test_after_three_the_node_waits_until_the_first_of_them_is_ten_minutes_past() -> None:
    assert may_boot(ago(1, 5, 9), NOW) == MustWait(until=NOW + timedelta(minutes=1), failures=3)


def test_after_more_it_is_the_last_three_that_count() -> None:
    assert may_boot(ago(9, 8, 2, 1, 0), NOW) == MustWait(until=NOW + timedelta(minutes=8), failures=5)


def test_when_the_wait_is_over_it_may_boot() -> None:
    failed = ago(1, 5, 9)
    found = may_boot(failed, NOW)
    assert isinstance(found, MustWait)
    assert may_boot(failed, found.until) == MayBoot()


def test_failures_from_the_future_are_those_of_a_clock_that_was_set_back() -> None:
    assert may_boot(ago(-60, -61, -62), NOW) == MayBoot()
