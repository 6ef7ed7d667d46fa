"""Counters of the fleet's endings: they begin at zero with this process and never go down, as Prometheus expects.

Every API of a fleet counts the whole fleet's endings, so a query takes the largest of them, never their sum.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from grace_workers.orchestration.fleet.watch import ENDING_BUCKETS, EndedJobs
from grace_workers.orchestration.job import JobState, Pool

_ENDED = (JobState.SUCCEEDED, JobState.FAILED, JobState.DEAD, JobState.CANCELLED)


class Tallies:
    """Adds up endings from scrape to scrape."""

    def __init__(self, look: Callable[[datetime | None], tuple[datetime, Sequence[EndedJobs]]]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._until: datetime | None = None
        self._ended: dict[tuple[Pool, JobState], int] = {(pool, state): 0 for pool in Pool for state in _ENDED}
        self._retries: dict[Pool, int] = dict.fromkeys(Pool, 0)
        self._took = {pool: _Histogram() for pool in Pool}
        self._waited = {pool: _Histogram() for pool in Pool}

    def collect(self) -> Iterator[Metric]:
        """Read what has ended since the last time, and yield the sums. Raises TransientError without a database."""
        # Nothing is yielded under the lock, because a caller may leave off and keep the generator.
        with self._lock:
            self._until, found = self._look(self._until)
            for one in found:
                self._add(one)
            families = list(self._families())
        yield from families

    def _add(self, one: EndedJobs) -> None:
        self._ended[one.pool, one.state] += one.count
        self._retries[one.pool] += one.retries
        if one.state is not JobState.CANCELLED:
            self._took[one.pool].add(one.took, one.count, one.took_sum)
            self._waited[one.pool].add(one.waited, one.count, one.waited_sum)

    def _families(self) -> Iterator[Metric]:
        ended = CounterMetricFamily("grace_jobs_ended", "Jobs ended, of the whole fleet", labels=["pool", "state"])
        for (pool, state), count in self._ended.items():
            ended.add_metric([pool.value, state.value], count)
        retries = CounterMetricFamily("grace_job_retries", "Retries of ended jobs", labels=["pool"])
        for pool, count in self._retries.items():
            retries.add_metric([pool.value], count)
        yield from (ended, retries)
        yield _family("grace_job_run_duration_seconds", "From start to end of the last attempt", self._took)
        yield _family("grace_job_queue_wait_seconds", "From due to the start of the last attempt", self._waited)


class _Histogram:
    def __init__(self) -> None:
        self._counts: dict[int, int] = defaultdict(int)
        self._total = 0
        self._sum = 0.0

    def add(self, counts: Sequence[int], total: int, seconds: float) -> None:
        for at, count in enumerate(counts):
            self._counts[at] += count
        self._total += total
        self._sum += seconds

    def into(self, family: HistogramMetricFamily, pool: Pool) -> None:
        buckets = [(str(bound), float(self._counts[at])) for at, bound in enumerate(ENDING_BUCKETS)]
        family.add_metric([pool.value], buckets=[*buckets, ("+Inf", float(self._total))], sum_value=self._sum)


def _family(name: str, words: str, by_pool: dict[Pool, _Histogram]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, words, labels=["pool"])
    for pool, histogram in by_pool.items():
        histogram.into(family, pool)
    return family
