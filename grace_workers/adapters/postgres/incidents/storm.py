"""The load of the fleet, and the brakes."""

from collections.abc import Sequence
from datetime import datetime

from grace_workers.adapters.postgres.statement import lock, many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import HOUR, Attempt, Brake, Load, RunCount
from grace_workers.orchestration.line.fairness import WAITED_FOR
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.stores.storm import DAY, DOWN_FROM, HEARD_WITHIN, MOST_ATTEMPTS, LoadQuery, StormStore

# One statement, because every decision reads it. Each part is limited by an index on what it asks for.
_LOAD = """
SELECT (
    SELECT json_agg(t) FROM (
        SELECT scope, count(*) FILTER (WHERE r.ended_at IS NULL) AS at_once,
            count(*) FILTER (WHERE r.automatic AND r.started_at > greatest(%(hour)s, b.lifted_at)) AS begun
        FROM runs r CROSS JOIN LATERAL unnest(r.scopes) AS scope LEFT JOIN storm_brakes b USING (scope)
        WHERE r.started_at > %(hour)s OR r.ended_at IS NULL GROUP BY scope
    ) AS t
), (
    SELECT json_agg(h.target) FROM run_holds h JOIN runs r ON r.plan = h.plan
    WHERE r.incident IS DISTINCT FROM %(incident)s
), (
    SELECT json_agg(d) FROM (
        SELECT target, bool_or(state = ANY(%(waited_for)s::text[]) AND NOT parked AND id IS DISTINCT FROM %(incident)s)
            AS under_way
        FROM incidents WHERE target IS NOT NULL AND severity = ANY(%(down_from)s::text[]) AND (
            (state <> 'closed' AND greatest(last_signal_at, updated_at) > %(heard)s)
            OR (state = 'closed' AND updated_at > %(settled)s))
        GROUP BY target
    ) AS d
), (
    SELECT json_agg(m.target) FROM (
        SELECT DISTINCT ON (target) target, ending FROM runs
        WHERE playbook = %(playbook)s AND started_at > %(hour)s AND %(service)s = ANY(scopes)
            AND ending IN ('verified', 'ineffective', 'failed')
        ORDER BY target, ended_at DESC
    ) AS m WHERE m.ending <> 'verified'
), (
    SELECT json_agg(a) FROM (
        SELECT playbook, ended_at, ending = 'verified' AS helped, (episode ->> 'approach')::float AS approach
        FROM runs WHERE target = %(target)s AND started_at > %(day)s AND episode ->> 'cause' = %(cause)s
            AND ending IN ('verified', 'ineffective', 'failed')
        ORDER BY ended_at DESC LIMIT %(most)s
    ) AS a
), (
    SELECT json_agg(b) FROM (SELECT scope, why, at FROM storm_brakes WHERE lifted_at IS NULL ORDER BY scope) AS b
)
"""

_BRAKE = """
INSERT INTO storm_brakes AS b (scope, why, at) VALUES (%(scope)s, %(why)s, %(at)s)
ON CONFLICT (scope) DO UPDATE SET why = excluded.why, at = excluded.at, lifted_at = NULL, lifted_by = NULL
WHERE b.lifted_at IS NOT NULL
"""

_LIFT = """
UPDATE storm_brakes SET lifted_at = %(at)s, lifted_by = %(by)s
WHERE scope = %(scope)s AND lifted_at IS NULL RETURNING scope, why, at
"""

_BRAKES = "SELECT scope, why, at FROM storm_brakes WHERE lifted_at IS NULL ORDER BY scope"

_FIXED = {
    "waited_for": sorted(state.value for state in WAITED_FOR),
    "down_from": sorted(severity.value for severity in DOWN_FROM),
    "most": MOST_ATTEMPTS,
}


class PostgresStormStore(PostgresStore, StormStore):
    """Implements `stores.StormStore`."""

    def lock(self) -> None:
        lock(self._connection, "grace.storm")

    def load(self, query: LoadQuery, now: datetime) -> Load:
        values = {
            **_FIXED,
            "incident": query.incident,
            "playbook": query.playbook,
            "target": query.target,
            "cause": query.cause,
            "service": query.service,
            "hour": now - HOUR,
            "day": now - DAY,
            "heard": now - HEARD_WITHIN,
            "settled": now - query.settle,
        }
        tallies, held, down, missed, attempts, brakes = (part or [] for part in one(self._connection, _LOAD, values))
        return Load(
            tallies={row["scope"]: RunCount(row["at_once"], row["begun"]) for row in tallies},
            held=frozenset(TargetName(name) for name in held),
            down={TargetName(row["target"]): row["under_way"] for row in down},
            missed=tuple(TargetName(name) for name in missed),
            attempts=tuple(
                Attempt(
                    playbook=row["playbook"],
                    at=datetime.fromisoformat(row["ended_at"]),
                    helped=row["helped"],
                    approach=row["approach"],
                )
                for row in attempts
            ),
            brakes=tuple(
                Brake(scope=row["scope"], why=row["why"], at=datetime.fromisoformat(row["at"])) for row in brakes
            ),
        )

    def brake(self, brake: Brake) -> bool:
        return run(self._connection, _BRAKE, {"scope": brake.scope, "why": brake.why, "at": brake.at}) == 1

    def lift(self, scope: str, *, by: str, at: datetime) -> Brake:
        row = one(self._connection, _LIFT, {"scope": scope, "by": by, "at": at})
        if row is None:
            raise NotFoundError(f"no brake is on in {scope[:80]!r}; `grace storm show` lists them")
        return Brake(scope=row[0], why=row[1], at=row[2])

    def brakes(self) -> Sequence[Brake]:
        return [Brake(scope=scope, why=why, at=at) for scope, why, at in many(self._connection, _BRAKES, {})]


DEFINITION = implements(StormStore)(PostgresStormStore)
