"""Groups of incidents, and targets that fail together."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.incidents.journal import BUSY
from grace_workers.adapters.postgres.statement import many, one, run, run_all, run_each
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.line.fairness import WAITED_FOR
from grace_workers.orchestration.stores.groups import GroupStore, InTheWay, OpenedIncident
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import MOST_CO_OCCURRENCES, CoOccurrence, Incident

_INCIDENT = Columns(Incident, "i")
_OPENED_INCIDENT = Columns(OpenedIncident, "i")
_WAITED_FOR = sorted(state.value for state in WAITED_FOR)

# A small number of locks, taken in a fixed order, as for conditions.
_LOCK = """
SELECT pg_advisory_xact_lock(hashtext('grace.groups'), number)
FROM (SELECT DISTINCT hashtext(word) & 255 AS number FROM unnest(%(words)s::text[]) AS word ORDER BY 1) AS numbers
"""

# An id starts with its creation time, so the primary key finds the newest rows without a scan.
_OPENED = f"""
SELECT {_OPENED_INCIDENT} FROM incidents i WHERE i.opened_at > %(since)s AND i.target IS NOT NULL AND i.id >= (
    lpad(to_hex((extract(epoch FROM %(since)s - interval '5 minutes') * 1000)::bigint), 12, '0') || repeat('0', 20)
)::uuid
ORDER BY i.opened_at DESC, i.id DESC LIMIT %(limit)s
"""  # noqa: S608 - only constants are put in

_HOLD = "SELECT id FROM incidents WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR UPDATE"

_FOLLOW = "UPDATE incidents SET part_of = %(leader)s WHERE part_of = %(incident)s AND id <> %(leader)s"

_LEAD = "UPDATE incidents SET part_of = %(leader)s WHERE id = %(incident)s"

_MEMBERS = f"SELECT {_INCIDENT} FROM incidents i WHERE i.part_of = %(leader)s ORDER BY i.id LIMIT %(limit)s"  # noqa: S608

_SIZES = "SELECT part_of, count(*) FROM incidents WHERE part_of = ANY(%(leaders)s::uuid[]) GROUP BY 1"

_HELD = "SELECT DISTINCT target FROM incidents WHERE part_of = %(leader)s AND parked ORDER BY 1"

_IN_THE_WAY = f"""
SELECT ARRAY({BUSY}), {_INCIDENT} FROM (SELECT) AS always
LEFT JOIN (incidents m JOIN incidents i ON i.id = m.part_of)
    ON m.id = %(incident)s AND m.opened_at > now() - %(hold)s::interval
    AND i.target <> m.target AND i.state = ANY(%(waited_for)s::text[])
"""  # noqa: S608

_FAILED = """
INSERT INTO failures AS known (target, failed, since)
SELECT target, 1, now FROM unnest(%(target)s::text[], %(now)s::timestamptz[]) AS f (target, now)
ON CONFLICT (target) DO UPDATE SET failed = known.failed + 1
"""

_TOGETHER = """
INSERT INTO co_occurrences AS known (one, other, together, seen_at) SELECT one, other, 1, now
FROM unnest(%(one)s::text[], %(other)s::text[], %(now)s::timestamptz[]) AS p (one, other, now)
ON CONFLICT (one, other) DO UPDATE SET together = known.together + 1, seen_at = excluded.seen_at
"""

_FORGET = """
DELETE FROM co_occurrences WHERE (one, other) IN (
    SELECT one, other FROM co_occurrences ORDER BY seen_at DESC, one, other OFFSET %(most)s FOR UPDATE SKIP LOCKED)
"""

_PAIRS = """
SELECT c.one, c.other, c.together, a.failed, b.failed, greatest(a.since, b.since) FROM co_occurrences c
JOIN failures a ON a.target = c.one JOIN failures b ON b.target = c.other
WHERE c.together > 2 AND c.one = ANY(%(targets)s::text[]) AND c.other = ANY(%(targets)s::text[])
ORDER BY c.one, c.other LIMIT %(most)s
"""


class PostgresGroupStore(PostgresStore, GroupStore):
    """Implements `stores.GroupStore`."""

    def lock(self, components: Collection[TargetName]) -> None:
        many(self._connection, _LOCK, {"words": list(components)})

    def opened_since(self, since: datetime, *, limit: int) -> Sequence[OpenedIncident]:
        rows = many(self._connection, _OPENED, {"since": since, "limit": limit})
        return [_OPENED_INCIDENT.read(row) for row in reversed(rows)]

    def lead(self, leaders: Mapping[IncidentId, IncidentId | None], *, touched: Collection[IncidentId] = ()) -> None:
        many(self._connection, _HOLD, {"ids": [*leaders, *touched]})
        rows = [{"incident": incident, "leader": leader} for incident, leader in leaders.items()]
        run_each(self._connection, _FOLLOW, [row for row in rows if row["leader"] is not None])
        run_each(self._connection, _LEAD, rows)

    def members(self, leader: IncidentId, *, limit: int = 500) -> Sequence[Incident]:
        return [_INCIDENT.read(row) for row in many(self._connection, _MEMBERS, {"leader": leader, "limit": limit})]

    def sizes(self, leaders: Collection[IncidentId]) -> Mapping[IncidentId, int]:
        return {row[0]: row[1] for row in many(self._connection, _SIZES, {"leaders": list(leaders)})}

    def held_targets(self, leader: IncidentId) -> Sequence[TargetName]:
        return [TargetName(row[0]) for row in many(self._connection, _HELD, {"leader": leader})]

    def in_the_way(self, incident: IncidentId, *, hold: timedelta) -> InTheWay:
        values = {"incident": incident, "hold": hold, "waited_for": _WAITED_FOR}
        busy, *leader = one(self._connection, _IN_THE_WAY, values)
        led = leader[_INCIDENT.names.index("id")] is not None
        return InTheWay(frozenset(map(TargetName, busy)), _INCIDENT.read(leader) if led else None)

    def learn(
        self, failed: Collection[TargetName], pairs: Collection[tuple[TargetName, TargetName]], now: datetime
    ) -> None:
        run_all(self._connection, _FAILED, [{"target": target, "now": now} for target in sorted(failed)])
        rows = [{"one": first, "other": second, "now": now} for first, second in sorted(pairs)]
        if rows:
            run_all(self._connection, _TOGETHER, rows)
            run(self._connection, _FORGET, {"most": MOST_CO_OCCURRENCES})

    def pairs(self, targets: Collection[TargetName]) -> Sequence[CoOccurrence]:
        return [
            CoOccurrence(one=first, other=second, together=together, failed=(mine, its), since=since)
            for first, second, together, mine, its, since in many(
                self._connection, _PAIRS, {"targets": list(targets), "most": MOST_CO_OCCURRENCES}
            )
        ]


DEFINITION = implements(GroupStore)(PostgresGroupStore)
