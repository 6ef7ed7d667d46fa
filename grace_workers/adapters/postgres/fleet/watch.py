"""What monitoring shows of the fleet, in a few statements."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.fleet.breakers import open_breakers
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.fleet.leader import is_held
from grace_workers.adapters.postgres.migrate import schema_of
from grace_workers.adapters.postgres.statement import many
from grace_workers.fleet import LEADER, Instance
from grace_workers.foundation.errors import ConflictError
from grace_workers.orchestration.fleet.watch import ENDING_BUCKETS, AuditStand, EndedJobs, KernelRow, OpenBreaker
from grace_workers.orchestration.job import JobState, Pool

_AUDIT = """
SELECT h.size, i.waiting, i.longest
FROM audit_head h, (SELECT count(*) AS waiting, clock_timestamp() - min(at) AS longest FROM audit_inbox) i
"""

# An ending carries the time of its statement and becomes visible at its commit, so the newest two seconds are left for
# the next look.
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


class PostgresFleetWatch:
    """Each look is one statement. `migrations` are those that this release knows."""

    def __init__(self, engine: Engine, migrations: Path) -> None:
        self._engine = engine
        self._migrations = migrations

    def instances(self) -> Sequence[Instance]:
        """Return every node ever registered, by name."""
        return PostgresInstances(self._engine).list_all()

    def has_leader(self) -> bool:
        """Return whether a node leads now."""
        return is_held(self._engine, LEADER)

    def endings(self, since: datetime | None) -> tuple[datetime, Sequence[EndedJobs]]:
        """Return what ended after `since` (None: after now), and the time that this covers."""
        rows = self._rows(_ENDINGS, {"since": since, "buckets": list(ENDING_BUCKETS)})
        found = [_endings(row) for row in rows if row[1] is not None]
        until: datetime = rows[-1][0]
        return (until if since is None else max(until, since)), found

    def lease_epochs(self) -> Mapping[str, int]:
        """Return how often each lease has changed hands."""
        return {row[0]: row[1] for row in self._rows(_LEASES)}

    def kernels(self) -> Sequence[KernelRow]:
        """Return the kernels of all living nodes."""
        return [
            KernelRow(instance=row[0], kernel=row[1], state=row[2], restarts=row[3]) for row in self._rows(_KERNELS)
        ]

    def event_lag(self) -> Mapping[str, int]:
        """Return how many events each subscription has yet to see, and how many wait in the `outbox`."""
        return {row[0]: row[1] for row in self._rows(_EVENTS)}

    def parked_events(self) -> Mapping[str, int]:
        """Return how many events each subscription has parked because processing them kept failing."""
        return {row[0]: row[1] for row in self._rows(_PARKED)}

    def audit(self) -> AuditStand:
        """Return how many entries of the audit log are sealed, how many wait, and the age of the oldest waiting one."""
        row = self._rows(_AUDIT)[0]
        return AuditStand(sealed=row[0], waiting=row[1], longest=row[2] or timedelta(0))

    def open_breakers(self) -> Sequence[OpenBreaker]:
        """Return the circuit breakers, of any process of the fleet, that are not closed."""
        return open_breakers(self._engine)

    def clock_ahead(self) -> float:
        """Return by how many seconds this machine's clock is ahead of the database's, as of the middle of the call."""
        with translated(), self._engine.begin() as connection:
            many(connection, "SELECT 1", {})
            before = datetime.now(UTC)
            (theirs,) = many(connection, "SELECT clock_timestamp()", {})[0]
            after = datetime.now(UTC)
        return float((before + (after - before) / 2 - theirs).total_seconds())

    def schema(self) -> str:
        """Return the schema's revision, if it is this release's or a newer one that serves it. Raises ConflictError."""
        stand = schema_of(self._engine, self._migrations)
        if not stand.fit.serves:
            raise ConflictError(stand.words)
        return stand.words

    def _rows(self, statement: str, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        with translated(), self._engine.begin() as connection:
            return many(connection, statement, values or {})


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
    """Return a cumulative count for each bucket. Only the lowest can be missing, if nothing fell into it."""
    return [0] * (len(ENDING_BUCKETS) - len(counts)) + [min(one, total) for one in counts]
