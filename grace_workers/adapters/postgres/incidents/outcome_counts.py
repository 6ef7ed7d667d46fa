"""How incidents and runs ended, counted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from grace_workers.adapters.postgres.statement import many
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.cycles import OutcomeCount
from grace_workers.orchestration.stores.outcome_counts import ENDED_BY_ITSELF, PROMPT, OutcomeStore
from grace_workers.orchestration.stores.store import implements

# An id begins with the time at which it was made, so the key finds the newest.
_INCIDENTS = """
SELECT date_bin(%(every)s, i.opened_at, 'epoch'::timestamptz) AS slice, count(*),
    count(*) FILTER (WHERE i.dossier ->> 'closing' IN ('healed', 'done')),
    count(*) FILTER (WHERE i.dossier ->> 'closing' IN ('healed', 'done')
        AND NOT EXISTS (SELECT FROM approvals a WHERE a.incident = i.id)),
    count(*) FILTER (WHERE i.dossier ->> 'plan' IS NOT NULL), count(ruled.at),
    count(*) FILTER (WHERE ruled.at - i.opened_at <= %(prompt)s)
FROM incidents i
LEFT JOIN LATERAL (
    SELECT min(e.at) AS at FROM incident_events e WHERE e.incident = i.id AND e.stage = 'governance'
) ruled ON true
WHERE i.opened_at >= %(since)s AND i.id >= (
    lpad(to_hex((extract(epoch FROM %(since)s - interval '5 minutes') * 1000)::bigint), 12, '0') || repeat('0', 20)
)::uuid AND i.state IN ('closed', 'refused', 'escalated') AND i.part_of IS NULL
    AND i.dossier ->> 'request' IS NULL AND coalesce(i.dossier ->> 'closing', '') <> ALL (%(by_itself)s)
GROUP BY 1
"""

_RUNS = """
SELECT date_bin(%(every)s, r.ended_at, 'epoch'::timestamptz) AS slice,
    count(*) FILTER (WHERE r.ending = 'verified'), count(*) FILTER (WHERE r.ending IN ('ineffective', 'failed'))
FROM runs r WHERE r.ended_at >= %(since)s GROUP BY 1
"""

_FIRST_HEALED = """
SELECT min(r.ended_at) FROM runs r WHERE r.ending = 'verified' AND r.episode IS NOT NULL
GROUP BY r.episode ->> 'signature' ORDER BY 1 LIMIT %(limit)s
"""


class PostgresOutcomeStore(PostgresStore, OutcomeStore):
    """Implements `stores.OutcomeStore`."""

    def counted(self, *, since: datetime, every: timedelta) -> Sequence[OutcomeCount]:
        values = {"since": since, "every": every, "prompt": PROMPT, "by_itself": list(ENDED_BY_ITSELF)}
        found: dict[datetime, OutcomeCount] = {}
        for at, incidents, healed, alone, planned, ruled, promptly in many(self._connection, _INCIDENTS, values):
            found[at] = OutcomeCount(
                at=at,
                incidents=incidents,
                healed=healed,
                alone=alone,
                planned=planned,
                ruled=ruled,
                promptly=promptly,
            )
        for at, verified, missed in many(self._connection, _RUNS, values):
            found[at] = replace(found.get(at, OutcomeCount(at=at)), verified=verified, missed=missed)
        return [found[at] for at in sorted(found)]

    def first_healed(self, *, limit: int = 10_000) -> Sequence[datetime]:
        return [row[0] for row in many(self._connection, _FIRST_HEALED, {"limit": limit})]


DEFINITION = implements(OutcomeStore)(PostgresOutcomeStore)
