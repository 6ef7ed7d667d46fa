"""What was set of the fleet's levers."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, lock, many, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.cycles import BlockFigures, LeverSetting
from grace_workers.orchestration.stores.levers import LeverStore
from grace_workers.orchestration.stores.store import implements

ALL = "SELECT name, document FROM levers ORDER BY name"

_SAVE = """
INSERT INTO levers (name, document, at) VALUES (%(name)s, %(document)s::json, %(at)s)
ON CONFLICT (name) DO UPDATE SET document = excluded.document, at = excluded.at
"""

# The conditions on `ended_at` and `state` are what the indexes serve. A job is measured up to its window's deadline.
_BLOCKS = """
WITH w AS (
    SELECT n, since, until, least(now(), until + (until - since)) AS deadline
    FROM unnest(%(since)s::timestamptz[], %(until)s::timestamptz[]) WITH ORDINALITY AS w (since, until, n)
), work AS (
    SELECT w.n, j.state, j.due_at, j.started_at, coalesce(j.ended_at <= w.deadline, false) AS ended,
        least(coalesce(j.ended_at, w.deadline), w.deadline) AS until
    FROM jobs j JOIN w ON w.n = width_bucket(j.due_at, %(since)s::timestamptz[]) AND j.due_at < w.until
    WHERE (j.ended_at >= %(first)s OR j.state IN ('queued', 'running')) AND j.due_at >= %(first)s
        AND j.state <> 'cancelled' AND (%(pool)s::text IS NULL OR j.pool = %(pool)s::text) AND j.audited
), told AS (
    SELECT n, state, ended, due_at, until, started_at, extract(epoch FROM until - due_at)::float8 AS seconds,
        max(extract(epoch FROM until - due_at)::float8) FILTER (WHERE ended) OVER (PARTITION BY n) AS longest
    FROM work
), counted AS (
    SELECT *, greatest(seconds, CASE WHEN NOT ended THEN longest END, 0.001) AS took FROM told
)
SELECT count(t.n), count(t.n) FILTER (WHERE t.ended AND t.state <> 'succeeded'),
    coalesce(exp(avg(ln(t.took))), 0),
    coalesce(avg(t.until - t.started_at) FILTER (WHERE t.started_at < t.until), interval '0'),
    coalesce(avg(greatest(least(t.started_at, t.until), t.due_at) - t.due_at), interval '0'),
    coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY t.took), 0)
FROM w LEFT JOIN counted t ON t.n = w.n
GROUP BY w.n ORDER BY w.n
"""


class PostgresLeverStore(PostgresStore, LeverStore):
    """Implements `stores.LeverStore`."""

    def lock(self) -> None:
        lock(self._connection, "levers")

    def settings(self) -> Mapping[str, LeverSetting]:
        return {row[0]: restored(LeverSetting, row[1], f"lever {row[0]}") for row in many(self._connection, ALL, {})}

    def save(self, setting: LeverSetting, at: datetime) -> None:
        values = {"name": setting.name, "document": json_text(stored(LeverSetting, setting)), "at": at}
        run(self._connection, _SAVE, values)

    def blocks(
        self, windows: Sequence[tuple[datetime, datetime]], *, pool: str | None = None
    ) -> Sequence[BlockFigures]:
        if not windows:
            return []
        since, until = [one for one, _ in windows], [one for _, one in windows]
        values = {"since": since, "until": until, "first": since[0], "pool": pool}
        return [
            BlockFigures(jobs=jobs, failed=failed, seconds=took, service=service, waited=waited, slowest=slowest)
            for jobs, failed, took, service, waited, slowest in many(self._connection, _BLOCKS, values)
        ]


DEFINITION = implements(LeverStore)(PostgresLeverStore)
