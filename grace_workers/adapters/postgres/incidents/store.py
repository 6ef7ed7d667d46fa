"""Incidents, their dossiers and timelines."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from grace_workers.adapters.postgres.incidents.conditions import columns_of
from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, many, one, run, run_all, stream
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.dossier import Dossier, Happening
from grace_workers.orchestration.job import NORMAL, JobState
from grace_workers.orchestration.line.arrows import RESTING
from grace_workers.orchestration.line.fairness import AT_WORK, CAPPED
from grace_workers.orchestration.stores import Queue, Stalled
from grace_workers.orchestration.stores.incidents import IncidentStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import Condition, Incident, IncidentState, Severity, Signature

_RESTING = sorted(state.value for state in RESTING)
_AT_WORK = sorted(state.value for state in AT_WORK)

# Signals join while a stage works, so `save` leaves these as they are stored.
_JOINED = ("signals", "severity", "last_signal_at")
_LIGHT = (
    *("id", "version", "state", "target", "signature", "severity", "title", "signals", "opened_at", "last_signal_at"),
    *("updated_at", "closed_at", "opened_by", "priority", "parked"),
)
_INCIDENT = ", ".join(f"i.{name}" for name in _LIGHT)
_DOSSIER = f"{_INCIDENT}, i.dossier"
_SAVED = [name for name in (*_LIGHT, "dossier") if name not in {"id", *_JOINED}]


def _mark(name: str) -> str:
    return "%(dossier)s::json" if name == "dossier" else f"%({name})s"


_RECENT = f"""
SELECT {_INCIDENT} FROM unnest(%(targets)s::text[], %(signatures)s::text[]) AS c (target, signature)
JOIN incidents i ON i.target = c.target AND i.signature = c.signature
WHERE i.state <> 'closed' OR i.closed_at > %(since)s ORDER BY i.id
"""  # noqa: S608 - only constants are put in

_UNDER_WAY = """
SELECT target, priority, count(*) FROM incidents
WHERE target = ANY(%(targets)s::text[]) AND state = ANY(%(at_work)s::text[]) AND NOT parked GROUP BY 1, 2
"""

_URGENT = """
SELECT target, count(*) FROM incidents
WHERE opened_by = %(sender)s AND opened_at > %(since)s AND priority > %(normal)s GROUP BY 1
"""

_PARKED = f"""
SELECT {_DOSSIER} FROM incidents i WHERE i.parked AND i.target = %(target)s
ORDER BY i.priority DESC, i.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""  # noqa: S608

_UNPARK = "UPDATE incidents SET parked = false WHERE id = %(id)s"

_PARKED_COUNTS = "SELECT target, count(*) FROM incidents WHERE parked GROUP BY 1"

_ADD = f"""
INSERT INTO incidents ({", ".join([*_LIGHT, "dossier"])})
VALUES ({", ".join(map(_mark, [*_LIGHT, "dossier"]))})
"""  # noqa: S608

_LOAD = f"SELECT {_DOSSIER} FROM incidents i WHERE i.id = %(id)s"  # noqa: S608

_LOAD_ALL = f"SELECT {_DOSSIER} FROM incidents i WHERE i.id = ANY(%(ids)s::uuid[])"  # noqa: S608

_SAVE = f"""
UPDATE incidents SET {", ".join(f"{name} = {_mark(name)}" for name in _SAVED)}
WHERE id = %(id)s AND version = %(expected)s
"""  # noqa: S608

_TOUCH = """
UPDATE incidents SET signals = %(signals)s, severity = %(severity)s, last_signal_at = %(last_signal_at)s
WHERE id = %(id)s
"""

_NOTE = """
INSERT INTO incident_events (incident, at, stage, state, headline, took, data)
VALUES (%(incident)s, %(at)s, %(stage)s, %(state)s, %(headline)s, %(took)s, %(data)s::json)
"""

_TIMELINE = """
SELECT at, stage, state, headline, took, data FROM incident_events WHERE incident = %(incident)s ORDER BY id
"""

_FIND = f"""
SELECT {_DOSSIER} FROM incidents i
WHERE (%(state)s::text IS NULL OR i.state = %(state)s) AND (%(target)s::text IS NULL OR i.target = %(target)s)
ORDER BY i.id DESC LIMIT %(limit)s
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


class PostgresIncidentStore:
    """Implements `stores.IncidentStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def recent(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Sequence[Incident]]:
        """Return the incidents of each condition that are not closed, or were closed after `since`, oldest first."""
        found: dict[Condition, list[Incident]] = defaultdict(list)
        for row in many(self._connection, _RECENT, {**columns_of(conditions), "since": since}):
            incident = _incident(row)
            found[Condition(TargetName(row[3]), incident.signature)].append(incident)
        return found

    def queue(self, targets: Collection[TargetName], sender: str, *, since: datetime) -> Queue:
        """Return what is under way on the targets, and which urgent incidents the sender opened after `since`."""
        rows = many(self._connection, _UNDER_WAY, {"targets": list(targets), "at_work": _AT_WORK})
        values = {"sender": sender, "since": since, "normal": NORMAL}
        mine = many(self._connection, _URGENT, values) if sender else ()
        return Queue(
            under_way=Counter({(TargetName(row[0]), row[1]): row[2] for row in rows}),
            urgent=Counter({TargetName(row[0]): row[1] for row in mine}),
        )

    def parked(self, target: TargetName, *, limit: int) -> Sequence[Dossier]:
        """Return parked incidents of the target, most urgent and oldest first, locked against others who look."""
        return [_dossier(row) for row in many(self._connection, _PARKED, {"target": target, "limit": limit})]

    def unpark(self, incident: IncidentId) -> None:
        """Let an incident's work begin; the version stays."""
        run(self._connection, _UNPARK, {"id": incident})

    def parked_counts(self) -> Mapping[TargetName, int]:
        """Return how many incidents are parked, by target."""
        return {TargetName(row[0]): row[1] for row in many(self._connection, _PARKED_COUNTS, {})}

    def add(self, dossier: Dossier) -> None:
        """Insert a new incident."""
        self.add_all([dossier])

    def add_all(self, dossiers: Sequence[Dossier]) -> None:
        """Insert new incidents."""
        run_all(self._connection, _ADD, [_values(dossier) for dossier in dossiers])

    def load(self, incident: IncidentId) -> Dossier:
        """Return the dossier.

        Raises:
            NotFoundError: there is no such incident.
        """
        row = one(self._connection, _LOAD, {"id": incident})
        if row is None:
            raise NotFoundError(f"no incident {incident}; `grace incident list` lists all")
        return _dossier(row)

    def load_all(self, incidents: Collection[IncidentId]) -> Mapping[IncidentId | None, Dossier]:
        """Return the dossiers of those that there are."""
        found = map(_dossier, many(self._connection, _LOAD_ALL, {"ids": list(incidents)}))
        return {dossier.incident.id: dossier for dossier in found}

    def save(self, dossier: Dossier, *, expected_version: int) -> None:
        """Write the dossier if the version is still the expected one.

        The signal count, severity and time of the last signal stay as stored, because signals may have joined.

        Raises:
            ConflictError: it is not.
        """
        if run(self._connection, _SAVE, {**_values(dossier), "expected": expected_version}) != 1:
            raise ConflictError(f"incident {dossier.incident.id} is no longer at version {expected_version}")

    def touch(self, incident: Incident) -> None:
        """Write the signal count, severity and last signal time only; the version stays."""
        self.touch_all([incident])

    def touch_all(self, incidents: Sequence[Incident]) -> None:
        """Do the same for many incidents."""
        rows = [
            {"id": one.id, "signals": one.signals, "severity": one.severity.value, "last_signal_at": one.last_signal_at}
            for one in incidents
        ]
        run_all(self._connection, _TOUCH, rows)

    def note(self, incident: IncidentId, happening: Happening) -> None:
        """Append to the timeline."""
        self.note_all([(incident, happening)])

    def note_all(self, notes: Sequence[tuple[IncidentId, Happening]]) -> None:
        """Append to many timelines, in this order."""
        run_all(self._connection, _NOTE, [_note(*note) for note in notes])

    def timeline(self, incident: IncidentId) -> Sequence[Happening]:
        """Return the timeline, oldest first."""
        rows = many(self._connection, _TIMELINE, {"incident": incident})
        return [
            Happening(at=at, stage=stage, state=state, headline=headline, took=took, data=data)
            for at, stage, state, headline, took, data in rows
        ]

    def find(
        self, *, state: IncidentState | None = None, target: TargetName | None = None, limit: int = 100
    ) -> Sequence[Dossier]:
        """Return the newest incidents that match, newest first."""
        values = {"state": state and state.value, "target": target, "limit": limit}
        return [_dossier(row) for row in many(self._connection, _FIND, values)]

    def iter_all(self) -> Iterator[Dossier]:
        """Yield all incidents, oldest first, without holding them in memory."""
        return map(_dossier, stream(self._connection, _ALL, {}))

    def stalled(self, *, idle: timedelta) -> Sequence[Stalled]:
        """Return incidents that should move, have not for `idle`, and have no open job."""
        rows = many(self._connection, _STALLED, {"resting": _RESTING, "idle": idle})
        return [Stalled(incident=_incident(row), given_up=_given_up(*row[-2:])) for row in rows]

    def counts(self) -> Mapping[str, int]:
        """Return how many incidents stand in each state."""
        return {row[0]: row[1] for row in many(self._connection, _COUNTS, {})}

    def capped(self, window: timedelta) -> int:
        """Return how many incidents of the last `window` were opened past their sender's share of urgent ones."""
        return int(one(self._connection, _CAPPED, {"capped": CAPPED, "window": window})[0])


def _note(incident: IncidentId, happening: Happening) -> dict[str, Any]:
    return {
        "incident": incident,
        "at": happening.at,
        "stage": happening.stage,
        "state": happening.state,
        "headline": happening.headline,
        "took": happening.took,
        "data": json_text(dict(happening.data)),
    }


def _given_up(state: str | None, error: str | None) -> str | None:
    if state is None or state == JobState.SUCCEEDED.value:
        return None
    return f"{state}: {error or 'no reason given'}"


def _values(dossier: Dossier) -> dict[str, Any]:
    incident = dossier.incident
    plain = {"state": incident.state.value, "severity": incident.severity.value}
    values = {name: getattr(incident, name) for name in _LIGHT}
    return {**values, **plain, "dossier": json_text(stored(Dossier, dossier))}


def _incident(row: Sequence[Any]) -> Incident:
    values = dict(zip(_LIGHT, row, strict=False))
    return Incident(
        **{
            **values,
            "state": IncidentState(values["state"]),
            "signature": Signature(values["signature"]),
            "severity": Severity(values["severity"]),
        }
    )


def _dossier(row: Sequence[Any]) -> Dossier:
    return replace(restored(Dossier, row[-1], f"incident {row[0]}"), incident=_incident(row))


def _make(tx: PostgresTransaction) -> PostgresIncidentStore:
    return PostgresIncidentStore(tx.connection)


DEFINITION = implements(IncidentStore)(_make)
