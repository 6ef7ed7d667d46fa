"""The ledger in numbers: what is open, and what each pool did in a window."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from grace_workers.orchestration.job import JobCount, JobState, Pool, PoolFigures, Priority
from grace_workers.orchestration.pool_slice import PoolSlice

COUNTS = """
SELECT pool, state, priority, count(*) FROM jobs
WHERE state IN ('running', 'dead') OR (state = 'queued' AND due_at <= now())
GROUP BY pool, state, priority ORDER BY pool, state, priority DESC
"""

FIGURES = """
SELECT pool, count(*), count(*) FILTER (WHERE state <> 'succeeded'), avg(took),
    percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY took),
    avg(waited), percentile_disc(0.95) WITHIN GROUP (ORDER BY waited)
FROM (
    SELECT pool, state, coalesce(ended_at - started_at, interval '0') AS took,
        greatest(coalesce(started_at - due_at, interval '0'), interval '0') AS waited
    FROM jobs WHERE ended_at > now() - %(window)s::interval AND state IN ('succeeded', 'failed', 'dead')
) ended GROUP BY pool
"""

SLICES = """
SELECT pool, to_timestamp(floor(extract(epoch FROM ended_at) / %(seconds)s) * %(seconds)s) AS at, count(*),
    count(*) FILTER (WHERE state <> 'succeeded'),
    avg(greatest(coalesce(started_at - due_at, interval '0'), interval '0'))
FROM jobs WHERE ended_at >= %(since)s AND state IN ('succeeded', 'failed', 'dead')
GROUP BY pool, at ORDER BY pool, at
"""

_NONE = timedelta(0)


def count_of(row: Any) -> JobCount:
    """Return one row of `COUNTS` as a value."""
    pool, state, priority, count = row
    return JobCount(pool=Pool(pool), state=JobState(state), priority=Priority(priority), count=count)


def figures_of(rows: Sequence[Any]) -> Sequence[PoolFigures]:
    """Return the rows of `FIGURES` as values, one for every pool."""
    worked = {row[0]: row for row in rows}
    return [_figures(pool, worked.get(pool.value)) for pool in Pool]


def slice_of(row: Any) -> PoolSlice:
    """Return one row of `SLICES` as a value."""
    pool, at, ended, failed, waited = row
    return PoolSlice(pool=Pool(pool), at=at, ended=ended, failed=failed, waited=waited)


def _figures(pool: Pool, row: Any) -> PoolFigures:
    quiet = (pool.value, 0, 0, _NONE, [_NONE, _NONE, _NONE], _NONE, _NONE)
    _, processed, failed, mean, (p50, p95, p99), wait_mean, wait_p95 = quiet if row is None else row
    return PoolFigures(
        pool=pool,
        processed=processed,
        failed=failed,
        completion_mean=mean,
        completion_p50=p50,
        completion_p95=p95,
        completion_p99=p99,
        wait_mean=wait_mean,
        wait_p95=wait_p95,
    )
