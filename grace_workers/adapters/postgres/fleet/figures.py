"""The fleet's figures for those who watch it: endings since a moment, leases, kernels, the event mesh."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.statement import many
from grace_workers.orchestration.job import JobState, Pool

BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)

_AUDIT = """
SELECT h.size, i.waiting, i.longest
FROM audit_head h, (SELECT count(*) AS waiting, clock_timestamp() - min(at) AS longest FROM audit_inbox) i
"""

# An ending carries the time of its statement and is seen at its commit, so the newest two seconds come the next time.
_ENDINGS = """
WITH span AS (SELECT coalesce(%(since)s::timestamptz, now()) AS since, now() - interval '2 s' AS until), ended AS (
    SELECT pool, state, greatest(attempt - attempts_before - 1, 0) AS again,
        extract(epoch FROM coalesce(ended_at - started_at, interval '0')) AS took,
        extract(epoch FROM greatest(coalesce(started_at - due_at, interval '0'), interval '0')) AS waited
    FROM jobs, span WHERE ended_at > span.since AND ended_at <= span.until
)
SELECT (SELECT until FROM span), pool, state, count(*), sum(again), sum(took), sum(waited),
    ARRAY(SELECT count(*) FROM ended e, unnest(%(buckets)s::float[]) WITH ORDINALITY AS b (bound, at)
        WHERE e.pool = g.pool AND e.state = g.state AND e.took <= b.bound GROUP BY b.at ORDER BY b.at),
    ARRAY(SELECT count(*) FROM ended e, unnest(%(buckets)s::float[]) WITH ORDINALITY AS b (bound, at)
        WHERE e.pool = g.pool AND e.state = g.state AND e.waited <= b.bound GROUP BY b.at ORDER BY b.at)
FROM ended g GROUP BY pool, state
UNION ALL SELECT until, NULL, NULL, 0, 0, 0, 0, ARRAY[]::bigint[], ARRAY[]::bigint[] FROM span
"""

_LEASES = "SELECT name, epoch FROM leases ORDER BY name"

_KERNELS = """
SELECT k.instance, k.kernel, k.state, k.restarts FROM kernels k JOIN instances i ON i.name = k.instance
WHERE i.died_at IS NULL AND i.left_at IS NULL ORDER BY 1, 2
"""

_EVENTS = """
SELECT 'outbox', (SELECT count(*) FROM event_outbox)
UNION ALL SELECT c.name, greatest(h.newest - c.position, 0) FROM event_cursors c, event_head h
"""
_PARKED = "SELECT subscription, count(*) FROM event_parked GROUP BY subscription"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditStand:
    """How many entries of the audit log are sealed, and how many wait; `longest` is how long the oldest of them has."""

    sealed: int
    waiting: int
    longest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedJobs:
    """The jobs of one pool that ended in one state in a span, in numbers; `took` and `waited` as cumulative buckets."""

    pool: Pool
    state: JobState
    count: int
    retries: int
    took_sum: float
    waited_sum: float
    took: Sequence[int]
    waited: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelRow:
    """One kernel of one living node."""

    instance: str
    kernel: str
    state: str
    restarts: int


def endings(engine: Engine, since: datetime | None) -> tuple[datetime, Sequence[EndedJobs]]:
    """Return what ended after `since` (None: after now), and until when that goes."""
    rows = _rows(engine, _ENDINGS, {"since": since, "buckets": list(BUCKETS)})
    found = [_endings(row) for row in rows if row[1] is not None]
    until: datetime = rows[-1][0]
    return (until if since is None else max(until, since)), found


def lease_epochs(engine: Engine) -> Mapping[str, int]:
    """Return how often each lease has changed hands."""
    return {row[0]: row[1] for row in _rows(engine, _LEASES, {})}


def kernel_rows(engine: Engine) -> Sequence[KernelRow]:
    """Return the kernels of all living nodes."""
    rows = _rows(engine, _KERNELS, {})
    return [KernelRow(instance=row[0], kernel=row[1], state=row[2], restarts=row[3]) for row in rows]


def event_lag(engine: Engine) -> Mapping[str, int]:
    """Return how many events each subscription has still to see, and how many wait in the `outbox` for their place."""
    return {row[0]: row[1] for row in _rows(engine, _EVENTS, {})}


def parked_events(engine: Engine) -> Mapping[str, int]:
    """Return how many events each subscription has put aside because its work on them kept failing."""
    return {row[0]: row[1] for row in _rows(engine, _PARKED, {})}


def audit_stand(engine: Engine) -> AuditStand:
    """Return how many entries of the audit log are sealed, how many wait for that, and how long the oldest has."""
    row = _rows(engine, _AUDIT, {})[0]
    return AuditStand(sealed=row[0], waiting=row[1], longest=row[2] or timedelta(0))


def clock_ahead(engine: Engine) -> float:
    """Return by how many seconds this machine's clock is ahead of the database's, as of the middle of the asking."""
    with translated(), engine.begin() as connection:
        many(connection, "SELECT 1", {})
        before = datetime.now(UTC)
        (theirs,) = many(connection, "SELECT clock_timestamp()", {})[0]
        after = datetime.now(UTC)
    return float((before + (after - before) / 2 - theirs).total_seconds())


def _rows(engine: Engine, statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
    with translated(), engine.begin() as connection:
        return many(connection, statement, values)


def _endings(row: Any) -> EndedJobs:
    _, pool, state, count, retries, took_sum, waited_sum, took, waited = row
    return EndedJobs(
        pool=Pool(pool),
        state=JobState(state),
        count=count,
        retries=int(retries),
        took_sum=float(took_sum),
        waited_sum=float(waited_sum),
        took=_padded(took, count),
        waited=_padded(waited, count),
    )


def _padded(counts: Sequence[int], total: int) -> Sequence[int]:
    """Return a count for each bucket: cumulative, so that only the lowest can be missing, where nothing fell."""
    return [0] * (len(BUCKETS) - len(counts)) + [min(one, total) for one in counts]
