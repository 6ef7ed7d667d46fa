"""How incidents and runs ended, counted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from grace_workers.adapters.postgres.statement import id_since, many, one
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.cycles import OutcomeCount
from grace_workers.orchestration.stores.outcome_counts import ENDED_BY_ITSELF, PROMPT, OutcomeStore
from grace_workers.orchestration.stores.store import implements

# An id begins with the time at which it was made, so an index finds the newest. What counts is said as the partial
# indexes say it, so that no dossier is read: each takes microseconds, and there may be hundreds of thousands.
_WITHIN = f"""
FROM incidents i WHERE i.opened_at >= %(since)s AND i.id >= {id_since("since")}
    AND i.state IN ('closed', 'refused', 'escalated') AND i.part_of IS NULL AND i.dossier ->> 'request' IS NULL
"""
_BY_ITSELF = ", ".join(f"'{one}'" for one in ENDED_BY_ITSELF)
_NOT_BY_ITSELF = f"coalesce(i.dossier ->> 'closing', '') NOT IN ({_BY_ITSELF})"
_SLICE = "date_bin(%(every)s, i.opened_at, 'epoch'::timestamptz) AS slice"

_INCIDENTS = f"""
WITH ended AS MATERIALIZED (SELECT i.id, i.opened_at, {_SLICE} {_WITHIN} AND {_NOT_BY_ITSELF}),
well AS (SELECT i.id, {_SLICE} {_WITHIN} AND i.dossier ->> 'closing' IN ('healed', 'done')),
planned AS (SELECT {_SLICE} {_WITHIN} AND {_NOT_BY_ITSELF} AND i.dossier ->> 'plan' IS NOT NULL),
ruled AS (
    SELECT e.incident, min(e.at) AS at FROM incident_events e
    WHERE e.stage = 'governance' AND e.incident >= {id_since("since")} GROUP BY 1
), counts AS (
    SELECT slice, count(*) AS incidents, 0 AS healed, 0 AS alone, 0 AS planned, 0 AS ruled, 0 AS promptly
    FROM ended GROUP BY 1
    UNION ALL
    SELECT slice, 0, count(*), count(*) FILTER (WHERE NOT EXISTS (SELECT FROM approvals a WHERE a.incident = w.id)),
        0, 0, 0
    FROM well w GROUP BY 1
    UNION ALL
    SELECT slice, 0, 0, 0, count(*), 0, 0 FROM planned GROUP BY 1
    UNION ALL
    SELECT slice, 0, 0, 0, 0, count(*), count(*) FILTER (WHERE ruled.at - ended.opened_at <= %(prompt)s)
    FROM ended JOIN ruled ON ruled.incident = ended.id GROUP BY 1
)
SELECT slice, sum(incidents)::bigint, sum(healed)::bigint, sum(alone)::bigint, sum(planned)::bigint,
    sum(ruled)::bigint, sum(promptly)::bigint
FROM counts GROUP BY 1
"""  # noqa: S608 - only constants are put in

_RUNS = """
SELECT date_bin(%(every)s, r.ended_at, 'epoch'::timestamptz) AS slice,
    count(*) FILTER (WHERE r.ending = 'verified'), count(*) FILTER (WHERE r.ending IN ('ineffective', 'failed'))
FROM runs r WHERE r.ended_at >= %(since)s GROUP BY 1
"""

_FIRST_HEALED = """
SELECT min(r.ended_at) FROM runs r WHERE r.ending = 'verified' AND r.episode IS NOT NULL
GROUP BY r.episode ->> 'signature' ORDER BY 1 LIMIT %(limit)s
"""

_FIRST_HEAL = """
SELECT r.ended_at FROM runs r WHERE r.ending = 'verified' AND r.episode IS NOT NULL ORDER BY r.ended_at LIMIT 1
"""


class PostgresOutcomeStore(PostgresStore, OutcomeStore):
    """Implements `stores.OutcomeStore`."""

    def counted(self, *, since: datetime, every: timedelta) -> Sequence[OutcomeCount]:
        values = {"since": since, "every": every, "prompt": PROMPT}
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

    def first_heal(self) -> datetime | None:
        found = one(self._connection, _FIRST_HEAL, {})
        return None if found is None else found[0]


DEFINITION = implements(OutcomeStore)(PostgresOutcomeStore)
