"""Which cycles are paused, and their newest runs."""

from collections.abc import Collection, Mapping, Sequence

from grace_workers.adapters.postgres.jobs.rows import JOB
from grace_workers.adapters.postgres.statement import many, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.orchestration.job import Job
from grace_workers.orchestration.stores.cycles import CycleStore, Pause
from grace_workers.orchestration.stores.store import implements

_PAUSED = "SELECT name, by, reason, at FROM cycle_pauses ORDER BY name"

_PAUSE = """
INSERT INTO cycle_pauses (name, by, reason, at) VALUES (%(name)s, %(by)s, %(reason)s, %(at)s) ON CONFLICT DO NOTHING
"""

_RESUME = "DELETE FROM cycle_pauses WHERE name = %(name)s"

# The condition on the prefix is what lets the partial index serve it.
_RUNS = f"""
SELECT {JOB} FROM unnest(%(jobs)s::text[]) AS wanted (name)
CROSS JOIN LATERAL (
    SELECT * FROM jobs r WHERE r.name = wanted.name AND starts_with(r.name, 'cycle.')
        AND (NOT %(ended)s OR r.ended_at IS NOT NULL)
    ORDER BY r.id DESC LIMIT %(limit)s
) j ORDER BY j.id DESC
"""  # noqa: S608


class PostgresCycleStore(PostgresStore, CycleStore):
    """Implements `stores.CycleStore`."""

    def paused(self) -> Mapping[str, Pause]:
        return {row[0]: Pause(by=row[1], reason=row[2], at=row[3]) for row in many(self._connection, _PAUSED, {})}

    def pause(self, name: str, pause: Pause) -> bool:
        values = {"name": name, "by": pause.by, "reason": pause.reason, "at": pause.at}
        return run(self._connection, _PAUSE, values) == 1

    def resume(self, name: str) -> bool:
        return run(self._connection, _RESUME, {"name": name}) == 1

    def runs(self, jobs: Collection[str], *, limit: int = 1, ended: bool = False) -> Sequence[Job]:
        values = {"jobs": sorted(jobs), "limit": limit, "ended": ended}
        return [JOB.read(row) for row in many(self._connection, _RUNS, values)]


DEFINITION = implements(CycleStore)(PostgresCycleStore)
