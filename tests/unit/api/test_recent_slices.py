from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from grace_workers.entrypoints.api.recent_slices import RecentSlices
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.pool_slice import SHOWN, SLICE, PoolSlice

NOW = datetime(2026, 6, 30, 12, 1, tzinfo=UTC)
NOON = NOW - timedelta(minutes=1)


def recorded(jobs: dict[datetime, int], asked: list[datetime]) -> Callable[[datetime], Sequence[PoolSlice]]:
    """Return what reads the slices of one pool, and keeps from which moment on it was asked."""

    def read(since: datetime) -> Sequence[PoolSlice]:
        asked.append(since)
        return [
            PoolSlice(pool=Pool.HEALING, at=at, ended=count, failed=0, waited=timedelta(0))
            for at, count in jobs.items()
            if at >= since
        ]

    return read


def test_what_is_over_is_read_once_and_the_two_newest_slices_each_time() -> None:
    jobs, asked = {NOON - SHOWN: 1, NOON - SLICE: 2, NOON: 3}, list[datetime]()
    slices = RecentSlices(recorded(jobs, asked))
    assert [one.ended for one in slices.look(NOW)] == [1, 2, 3]
    jobs[NOON - SHOWN], jobs[NOON - SLICE], jobs[NOON] = 9, 4, 5
    assert [one.ended for one in slices.look(NOW + timedelta(seconds=1))] == [1, 4, 5]
    assert [one.ended for one in slices.look(NOW + SLICE)] == [4, 5]
    assert asked == [NOON - SHOWN, NOON - SLICE, NOON - SLICE]


def test_a_clock_that_is_put_back_shows_nothing_of_the_future() -> None:
    jobs, asked = {NOON - SLICE: 2, NOON: 3}, list[datetime]()
    slices = RecentSlices(recorded(jobs, asked))
    slices.look(NOW + timedelta(hours=1))
    assert [one.ended for one in slices.look(NOW)] == [2, 3]
    assert asked[-1] == NOON - SLICE
