"""Incidents, their dossiers and timelines."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.incidents.conditions import columns_of
from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import id_since, json_text, many, one, run, run_all, stream
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.dossier import Closing, Dossier, Happening
from grace_workers.orchestration.job import NORMAL, JobState
from grace_workers.orchestration.line.arrows import FOR_PEOPLE, RESTING
from grace_workers.orchestration.line.fairness import AT_WORK, CAPPED, WAITED_FOR
from grace_workers.orchestration.stores import HourCount, Queue, Stalled
from grace_workers.orchestration.stores.incidents import IncidentStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import Condition, Incident, IncidentState, Severity

_FOR_PEOPLE = sorted(state.value for state in FOR_PEOPLE)
_RESTING = sorted(state.value for state in RESTING)
_AT_WORK = sorted(state.value for state in AT_WORK)
_WAITED_FOR = sorted(state.value for state in WAITED_FOR)

# Signals join and groups form while a stage works, so `save` leaves these columns as they are stored.
_JOINED = ("signals", "severity", "last_signal_at", "part_of")
_INCIDENT = Columns(Incident, "i")
_HAPPENING = Columns(Happening)
_DOSSIER = f"{_INCIDENT}, i.dossier"
_SAVED = [name for name in (*_INCIDENT.names, "dossier") if name not in {"id", *_JOINED}]


def _mark(name: str) -> str:
    return "%(dossier)s::json" if name == "dossier" else f"%({name})s"


_RECENT = f"""
SELECT {_INCIDENT} FROM unnest(%(targets)s::text[], %(signatures)s::text[]) AS c (target, signature)
JOIN incidents i ON i.target = c.target AND i.signature = c.signature
WHERE i.state <> 'closed' OR i.closed_at > %(since)s ORDER BY i.id
"""  # noqa: S608 - only constants are put in

_QUEUE = """
SELECT true, target, priority, count(*) FROM incidents
WHERE target = ANY(%(targets)s::text[]) AND state = ANY(%(at_work)s::text[]) AND NOT parked GROUP BY 2, 3
UNION ALL
SELECT false, target, priority, count(*) FROM incidents
WHERE opened_by = %(sender)s::text AND opened_at > %(since)s AND priority > %(normal)s GROUP BY 2, 3
"""

_PARKED = f"""
SELECT {_DOSSIER} FROM incidents i WHERE i.parked AND i.target = %(target)s AND NOT EXISTS (
    SELECT FROM incidents l WHERE l.id = i.part_of AND l.target <> i.target AND l.state = ANY(%(waited_for)s::text[])
        AND i.opened_at > now() - %(hold)s::interval)
ORDER BY i.priority DESC, i.id LIMIT %(limit)s FOR UPDATE OF i SKIP LOCKED
"""  # noqa: S608

_UNPARK = "UPDATE incidents SET parked = false WHERE id = %(id)s"

_PARKED_COUNTS = "SELECT target, count(*) FROM incidents WHERE parked GROUP BY 1"

_ADD = f"""
INSERT INTO incidents ({", ".join(_INCIDENT.names)}, dossier) {_INCIDENT.rows(dossier="json")}
"""

_LOAD = f"SELECT {_DOSSIER} FROM incidents i WHERE i.id = %(id)s"  # noqa: S608

_LOAD_ALL = f"SELECT {_DOSSIER} FROM incidents i WHERE i.id = ANY(%(ids)s::uuid[])"  # noqa: S608

_SAVE = f"""
UPDATE incidents SET {", ".join(f"{name} = {_mark(name)}" for name in _SAVED)}
WHERE id = %(id)s AND version = %(expected)s
"""  # noqa: S608

_TOUCH = """
UPDATE incidents i SET signals = t.signals, severity = t.severity, last_signal_at = t.last_signal_at
FROM unnest(%(id)s::uuid[], %(signals)s::integer[], %(severity)s::text[], %(last_signal_at)s::timestamptz[])
    AS t (id, signals, severity, last_signal_at)
WHERE i.id = t.id
"""

_NOTE = f"""
INSERT INTO incident_events ({_HAPPENING}, incident) {_HAPPENING.rows(incident="uuid")}
"""

_TIMELINE = f"SELECT {_HAPPENING} FROM incident_events WHERE incident = %(incident)s ORDER BY id"  # noqa: S608

_FIND = f"""
SELECT {_DOSSIER} FROM incidents i
WHERE (%(states)s::text[] IS NULL OR i.state = ANY(%(states)s::text[]))
    AND (%(target)s::text IS NULL OR i.target = %(target)s)
    AND (%(severity)s::text IS NULL OR i.severity = %(severity)s)
    AND (NOT %(leading)s OR i.part_of IS NULL OR i.state = ANY(%(for_people)s::text[]))
    AND (%(before)s::uuid IS NULL OR i.id < %(before)s::uuid)
ORDER BY i.id DESC LIMIT %(limit)s
"""  # noqa: S608

_DISMISSED = f"""
SELECT {_DOSSIER} FROM incidents i WHERE i.state = 'closed' AND i.dossier ->> 'closing' = 'dismissed'
ORDER BY i.id DESC LIMIT %(limit)s
"""  # noqa: S608

# The primary key finds the newest rows without a scan.
_HOURLY = f"""
SELECT date_trunc('hour', i.opened_at, 'UTC'), i.dossier ->> 'closing', count(*) FROM incidents i
WHERE i.opened_at >= %(since)s AND i.id >= {id_since("since")}
GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608

_ALL = f"SELECT {_DOSSIER} FROM incidents i ORDER BY i.id"  # noqa: S608

_STALLED = f"""
SELECT {_INCIDENT}, newest.state, newest.error FROM incidents i
LEFT JOIN LATERAL (
    SELECT j.state, j.error FROM jobs j WHERE j.incident = i.id ORDER BY j.id DESC LIMIT 1
) newest ON true
WHERE NOT i.state = ANY(%(resting)s::text[]) AND NOT i.parked AND i.updated_at < now() - %(idle)s::interval
    AND NOT EXISTS (SELECT FROM jobs o WHERE o.incident = i.id AND o.state IN ('queued', 'running'))
ORDER BY i.updated_at LIMIT 100
"""  # noqa: S608

_COUNTS = "SELECT state, count(*) FROM incidents GROUP BY 1"

_CAPPED = "SELECT count(*) FROM incidents WHERE priority = %(capped)s AND opened_at > now() - %(window)s::interval"


class PostgresIncidentStore(PostgresStore, IncidentStore):
    """Implements `stores.IncidentStore`."""

    def recent(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Sequence[Incident]]:
        found: dict[Condition, list[Incident]] = defaultdict(list)
        for row in many(self._connection, _RECENT, {**columns_of(conditions), "since": since}):
            incident = _INCIDENT.read(row)
            found[Condition(TargetName(row[3]), incident.signature)].append(incident)
        return found

    def queue(self, targets: Collection[TargetName], sender: str, *, since: datetime) -> Queue:
        asked = {"targets": list(targets), "at_work": _AT_WORK}
        # No sender is null, which equals nothing.
        mine = {"sender": sender or None, "since": since, "normal": NORMAL}
        queue = Queue()
        for under_way, target, priority, count in many(self._connection, _QUEUE, {**asked, **mine}):
            counts = queue.under_way if under_way else queue.urgent
            counts[TargetName(target), priority] = count
        return queue

    def parked(self, target: TargetName, *, limit: int, hold: timedelta) -> Sequence[Dossier]:
        values = {"target": target, "limit": limit, "hold": hold, "waited_for": _WAITED_FOR}
        return [_dossier(row) for row in many(self._connection, _PARKED, values)]

    def unpark(self, incident: IncidentId) -> None:
        run(self._connection, _UNPARK, {"id": incident})

    def parked_counts(self) -> Mapping[TargetName, int]:
        return {TargetName(row[0]): row[1] for row in many(self._connection, _PARKED_COUNTS, {})}

    def add_all(self, dossiers: Sequence[Dossier]) -> None:
        run_all(self._connection, _ADD, [_values(dossier) for dossier in dossiers])

    def load(self, incident: IncidentId) -> Dossier:
        row = one(self._connection, _LOAD, {"id": incident})
        if row is None:
            raise NotFoundError(f"no incident {incident}; `grace incident list` lists all")
        return _dossier(row)

    def load_all(self, incidents: Collection[IncidentId]) -> Mapping[IncidentId | None, Dossier]:
        found = map(_dossier, many(self._connection, _LOAD_ALL, {"ids": list(incidents)}))
        return {dossier.incident.id: dossier for dossier in found}

    def save(self, dossier: Dossier, *, expected_version: int) -> None:
        if run(self._connection, _SAVE, {**_values(dossier), "expected": expected_version}) != 1:
            raise ConflictError(f"incident {dossier.incident.id} is no longer at version {expected_version}")

    def touch_all(self, incidents: Sequence[Incident]) -> None:
        rows = [
            {"id": one.id, "signals": one.signals, "severity": one.severity.value, "last_signal_at": one.last_signal_at}
            for one in incidents
        ]
        run_all(self._connection, _TOUCH, rows)

    def note_all(self, notes: Sequence[tuple[IncidentId, Happening]]) -> None:
        run_all(
            self._connection,
            _NOTE,
            [{"incident": incident, **_HAPPENING.values(happening)} for incident, happening in notes],
        )

    def timeline(self, incident: IncidentId) -> Sequence[Happening]:
        rows = many(self._connection, _TIMELINE, {"incident": incident})
        return [_HAPPENING.read(row) for row in rows]

    def find(
        self,
        *,
        states: Collection[IncidentState] = (),
        target: TargetName | None = None,
        severity: Severity | None = None,
        leading: bool = False,
        before: IncidentId | None = None,
        limit: int = 100,
    ) -> Sequence[Dossier]:
        values = {
            "states": [one.value for one in states] or None,
            "target": target,
            "severity": severity and severity.value,
            "leading": leading,
            "for_people": _FOR_PEOPLE,
            "before": before,
            "limit": limit,
        }
        return [_dossier(row) for row in many(self._connection, _FIND, values)]

    def dismissed(self, *, limit: int) -> Sequence[Dossier]:
        return [_dossier(row) for row in many(self._connection, _DISMISSED, {"limit": limit})]

    def hourly(self, *, since: datetime) -> Sequence[HourCount]:
        return [
            HourCount(hour=hour, closing=None if closing is None else Closing(closing), count=count)
            for hour, closing, count in many(self._connection, _HOURLY, {"since": since})
        ]

    def iter_all(self) -> Iterator[Dossier]:
        return map(_dossier, stream(self._connection, _ALL, {}))

    def stalled(self, *, idle: timedelta) -> Sequence[Stalled]:
        rows = many(self._connection, _STALLED, {"resting": _RESTING, "idle": idle})
        return [Stalled(incident=_INCIDENT.read(row), given_up=_given_up(*row[-2:])) for row in rows]

    def counts(self) -> Mapping[str, int]:
        return {row[0]: row[1] for row in many(self._connection, _COUNTS, {})}

    def capped(self, window: timedelta) -> int:
        return int(one(self._connection, _CAPPED, {"capped": CAPPED, "window": window})[0])


def _given_up(state: str | None, error: str | None) -> str | None:
    if state is None or state == JobState.SUCCEEDED.value:
        return None
    return f"{state}: {error or 'no reason given'}"


def _values(dossier: Dossier) -> dict[str, Any]:
    return {**_INCIDENT.values(dossier.incident), "dossier": json_text(stored(Dossier, dossier))}


def _dossier(row: Sequence[Any]) -> Dossier:
    return replace(restored(Dossier, row[-1], f"incident {row[0]}"), incident=_INCIDENT.read(row))


DEFINITION = implements(IncidentStore)(PostgresIncidentStore)
