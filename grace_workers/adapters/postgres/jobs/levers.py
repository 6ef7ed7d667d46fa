"""What was set of the fleet's levers."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

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

# The bounds on `ended_at` are what the index serves.
_BLOCKS = """
SELECT count(j.id), count(j.id) FILTER (WHERE j.state <> 'succeeded'),
    coalesce(exp(avg(ln(greatest(extract(epoch FROM j.ended_at - j.due_at)::float8, 0.001)))
        FILTER (WHERE j.id IS NOT NULL)), 0),
    coalesce(avg(j.ended_at - j.started_at), interval '0')
FROM unnest(%(since)s::timestamptz[], %(until)s::timestamptz[]) WITH ORDINALITY AS w (since, until, n)
LEFT JOIN jobs j ON j.ended_at >= w.since AND j.ended_at < w.until + (w.until - w.since)
    AND j.due_at >= w.since AND j.due_at < w.until AND j.state IN ('succeeded', 'failed', 'dead')
    AND (%(pool)s::text IS NULL OR j.pool = %(pool)s::text) AND j.audited
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
        values = {"since": [one for one, _ in windows], "until": [one for _, one in windows], "pool": pool}
        return [
            BlockFigures(jobs=jobs, failed=failed, seconds=seconds, service=service or timedelta(0))
            for jobs, failed, seconds, service in many(self._connection, _BLOCKS, values)
        ]


DEFINITION = implements(LeverStore)(PostgresLeverStore)
