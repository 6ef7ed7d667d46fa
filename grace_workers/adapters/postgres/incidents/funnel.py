"""How far signals and incidents came."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from grace_workers.adapters.postgres.statement import id_since, many
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.ids import IncidentId, SignalId, TargetName
from grace_workers.orchestration.stores.funnel import ArrivedSignals, FunnelStore, IncidentPath
from grace_workers.orchestration.stores.store import implements

_ARRIVED = f"""
SELECT target, signature, fate, incident, CASE WHEN incident IS NULL THEN coalesce(reason, '') ELSE '' END AS why,
    count(*), max(id::text)::uuid AS newest
FROM signals
WHERE fate IS NOT NULL AND id >= {id_since("since")} AND received_at >= %(since)s
    AND (%(target)s::text IS NULL OR target = %(target)s)
    AND (%(signature)s::text IS NULL OR signature = %(signature)s)
GROUP BY 1, 2, 3, 4, 5 ORDER BY newest DESC LIMIT %(limit)s
"""  # noqa: S608 - only constants are put in

_PATH = """
SELECT i.id, i.target, i.state, i.parked, i.dossier ->> 'closing',
    coalesce(told.states, ARRAY[]::text[]),
    ARRAY(SELECT one ->> 'cause' FROM json_array_elements(
        CASE json_typeof(i.dossier #> '{diagnosis,hypotheses}') WHEN 'array' THEN i.dossier #> '{diagnosis,hypotheses}'
            ELSE '[]' END) AS one LIMIT 50),
    i.dossier #>> '{plan,playbook}', told.gate,
    ARRAY(SELECT json_array_elements_text(CASE json_typeof(i.dossier -> 'reasons') WHEN 'array'
        THEN i.dossier -> 'reasons' ELSE '[]' END) LIMIT 50),
    ARRAY(SELECT json_array_elements_text(CASE json_typeof(told.considered) WHEN 'array'
        THEN told.considered ELSE '[]' END) LIMIT 200),
    coalesce(json_typeof(i.dossier -> 'request') = 'object', false)
FROM incidents i LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT state) AS states,
        (array_agg(data ->> 'gate' ORDER BY id DESC) FILTER (WHERE data ->> 'gate' IS NOT NULL))[1] AS gate,
        (array_agg(data -> 'considered' ORDER BY id DESC) FILTER (WHERE data -> 'considered' IS NOT NULL))[1]
            AS considered
    FROM incident_events WHERE incident = i.id
) told ON true
"""

_PATHS = f"{_PATH} WHERE i.id = ANY(%(ids)s::uuid[]) ORDER BY i.id DESC"

_SINCE = f"""
{_PATH} WHERE i.id >= {id_since("since")} AND i.opened_at >= %(since)s ORDER BY i.id DESC LIMIT %(limit)s
"""


class PostgresFunnelStore(PostgresStore, FunnelStore):
    """Implements `stores.FunnelStore`."""

    def arrived(
        self, *, since: datetime, target: TargetName | None = None, signature: str | None = None, limit: int
    ) -> Sequence[ArrivedSignals]:
        values = {"since": since, "target": target, "signature": signature, "limit": limit}
        names = ("target", "signature", "fate", "incident", "reason", "count", "newest")
        rows = [dict(zip(names, row, strict=True)) for row in many(self._connection, _ARRIVED, values)]
        return [ArrivedSignals(**{**row, "newest": SignalId(row["newest"])}) for row in rows]

    def paths(self, incidents: Collection[IncidentId]) -> Sequence[IncidentPath]:
        return [_path(row) for row in many(self._connection, _PATHS, {"ids": list(incidents)})]

    def paths_since(self, since: datetime, *, limit: int) -> Sequence[IncidentPath]:
        return [_path(row) for row in many(self._connection, _SINCE, {"since": since, "limit": limit})]


def _path(row: Sequence[Any]) -> IncidentPath:
    incident, target, state, parked, closing, states, causes, playbook, gate, reasons, considered, requested = row
    return IncidentPath(
        id=IncidentId(incident),
        target=target,
        state=state,
        parked=parked,
        closing=closing,
        states=frozenset(states),
        causes=tuple(causes),
        playbook=playbook,
        gate=gate,
        reasons=tuple(reasons),
        considered=tuple(considered),
        requested=requested,
    )


DEFINITION = implements(FunnelStore)(PostgresFunnelStore)
