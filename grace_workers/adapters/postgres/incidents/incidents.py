"""Incidents, their dossiers and timelines."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Text, and_, bindparam, func, insert, or_, select, true, update
from sqlalchemy import text as sql

from grace_workers.adapters.postgres.incidents.conditions import columns_of
from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.schema.jobs import jobs
from grace_workers.adapters.postgres.schema.line import incident_events, incidents
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.arrows import RESTING
from grace_workers.orchestration.dossier import Dossier, Happening
from grace_workers.orchestration.fairness import AT_WORK, CAPPED, Queue
from grace_workers.orchestration.jobs import NORMAL, JobState
from grace_workers.orchestration.stores import Stalled
from grace_workers.signals import Condition, Incident, IncidentState, Severity, Signature

_RESTING = sorted(state.value for state in RESTING)
_AT_WORK = sorted(state.value for state in AT_WORK)
_OPEN_JOB = ("queued", "running")
_CONDITIONS = "SELECT * FROM unnest(CAST(:targets AS text[]), CAST(:signatures AS text[])) AS c (target, signature)"
_LIGHT = [column for column in incidents.c if column.name != "dossier"]

_TOUCH = update(incidents).where(incidents.c.id == bindparam("which"))


class PostgresIncidentStore:
    """Implements `stores.IncidentStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def recent(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Sequence[Incident]]:
        """Return the incidents of each condition that are not closed, or were closed after `since`, oldest first."""
        wanted = sql(_CONDITIONS).bindparams(**columns_of(conditions)).columns(target=Text, signature=Text).subquery()
        query = (
            select(*_LIGHT)
            .join(wanted, and_(incidents.c.target == wanted.c.target, incidents.c.signature == wanted.c.signature))
            .where(or_(incidents.c.state != IncidentState.CLOSED.value, incidents.c.closed_at > since))
        )
        found: dict[Condition, list[Incident]] = defaultdict(list)
        for row in self._connection.execute(query.order_by(incidents.c.id)):
            found[Condition(TargetName(row.target), Signature(row.signature))].append(_incident(row))
        return found

    def queue(self, targets: Collection[TargetName], sender: str, *, since: datetime) -> Queue:
        """Return what is under way on the targets, and which urgent incidents the sender opened after `since`."""
        at_work = select(incidents.c.target, incidents.c.priority, func.count()).where(
            incidents.c.target.in_(list(targets)), incidents.c.state.in_(_AT_WORK), ~incidents.c.parked
        )
        urgent = select(incidents.c.target, func.count()).where(
            incidents.c.opened_by == sender, incidents.c.opened_at > since, incidents.c.priority > NORMAL
        )
        rows = self._connection.execute(at_work.group_by(incidents.c.target, incidents.c.priority)).all()
        mine = self._connection.execute(urgent.group_by(incidents.c.target)).all() if sender else ()
        return Queue(
            under_way=Counter({(TargetName(row[0]), row[1]): row[2] for row in rows}),
            urgent=Counter({TargetName(row[0]): row[1] for row in mine}),
        )

    def parked(self, target: TargetName, *, limit: int) -> Sequence[Dossier]:
        """Return parked incidents of the target, most urgent and oldest first, locked against others who look."""
        query = select(incidents).where(incidents.c.parked, incidents.c.target == target)
        query = query.order_by(incidents.c.priority.desc(), incidents.c.id).limit(limit)
        return [_dossier(row) for row in self._connection.execute(query.with_for_update(skip_locked=True))]

    def unpark(self, incident: IncidentId) -> None:
        """Let an incident's work begin; the version stays."""
        self._connection.execute(update(incidents).where(incidents.c.id == incident).values(parked=False))

    def parked_counts(self) -> Mapping[TargetName, int]:
        """Return how many incidents are parked, by target."""
        query = select(incidents.c.target, func.count()).where(incidents.c.parked).group_by(incidents.c.target)
        return {TargetName(row[0]): row[1] for row in self._connection.execute(query)}

    def add(self, dossier: Dossier) -> None:
        """Insert a new incident."""
        self.add_all([dossier])

    def add_all(self, dossiers: Sequence[Dossier]) -> None:
        """Insert new incidents."""
        if dossiers:
            rows = [{"id": dossier.incident.id, **_columns(dossier)} for dossier in dossiers]
            self._connection.execute(insert(incidents), rows)

    def load(self, incident: IncidentId) -> Dossier:
        """Return the dossier.

        Raises:
            NotFoundError: there is no such incident.
        """
        row = self._connection.execute(select(incidents).where(incidents.c.id == incident)).first()
        if row is None:
            raise NotFoundError(f"no incident {incident}; `grace incident list` shows those there are")
        return _dossier(row)

    def load_all(self, wanted: Collection[IncidentId]) -> Mapping[IncidentId | None, Dossier]:
        """Return the dossiers of those that there are."""
        rows = self._connection.execute(select(incidents).where(incidents.c.id.in_(wanted)))
        return {IncidentId(row.id): _dossier(row) for row in rows}

    def save(self, dossier: Dossier, *, expected_version: int) -> None:
        """Write the dossier if the version is still the expected one.

        The signal count and times stay as stored, for signals may have joined meanwhile.

        Raises:
            ConflictError: it is not.
        """
        columns = _columns(dossier)
        for joined in ("signals", "severity", "last_signal_at"):
            del columns[joined]
        result = self._connection.execute(
            update(incidents)
            .where(incidents.c.id == dossier.incident.id, incidents.c.version == expected_version)
            .values(**columns)
        )
        if result.rowcount != 1:
            raise ConflictError(f"incident {dossier.incident.id} is no longer at version {expected_version}")

    def touch(self, incident: Incident) -> None:
        """Write the signal count, severity and last signal time only; the version stays."""
        self.touch_all([incident])

    def touch_all(self, incidents: Sequence[Incident]) -> None:
        """Do the same for many incidents."""
        rows = [
            {
                "which": one.id,
                "signals": one.signals,
                "severity": one.severity.value,
                "last_signal_at": one.last_signal_at,
            }
            for one in incidents
        ]
        if rows:
            self._connection.execute(_TOUCH, rows)

    def note(self, incident: IncidentId, happening: Happening) -> None:
        """Append to the timeline."""
        self.note_all([(incident, happening)])

    def note_all(self, notes: Sequence[tuple[IncidentId, Happening]]) -> None:
        """Append to many timelines, in this order."""
        if notes:
            self._connection.execute(insert(incident_events), [_note(*note) for note in notes])

    def timeline(self, incident: IncidentId) -> Sequence[Happening]:
        """Return the timeline, oldest first."""
        query = select(incident_events).where(incident_events.c.incident == incident).order_by(incident_events.c.id)
        return [
            Happening(at=row.at, stage=row.stage, state=row.state, headline=row.headline, took=row.took, data=row.data)
            for row in self._connection.execute(query)
        ]

    def find(
        self, *, state: IncidentState | None = None, target: TargetName | None = None, limit: int = 100
    ) -> Sequence[Dossier]:
        """Return the newest incidents that match, newest first."""
        query = select(incidents).order_by(incidents.c.id.desc()).limit(limit)
        if state is not None:
            query = query.where(incidents.c.state == state.value)
        if target is not None:
            query = query.where(incidents.c.target == target)
        return [_dossier(row) for row in self._connection.execute(query)]

    def stalled(self, *, idle: timedelta) -> Sequence[Stalled]:
        """Return incidents that should move, have not for `idle`, and have no open job."""
        mine = select(jobs).where(jobs.c.incident == incidents.c.id).correlate(incidents)
        open_job = mine.where(jobs.c.state.in_(_OPEN_JOB)).exists()
        newest = mine.order_by(jobs.c.id.desc()).limit(1).subquery().lateral()
        query: Select[Any] = (
            select(incidents, newest.c.state.label("job_state"), newest.c.error.label("job_error"))
            .outerjoin(newest, true())
            .where(incidents.c.state.not_in(_RESTING), ~incidents.c.parked)
            .where(incidents.c.updated_at < func.now() - idle, ~open_job)
        )
        rows = self._connection.execute(query.order_by(incidents.c.updated_at).limit(100)).all()
        return [Stalled(incident=_incident(row), given_up=_given_up(row)) for row in rows]

    def counts(self) -> Mapping[str, int]:
        """Return how many incidents stand in each state."""
        query = select(incidents.c.state, func.count()).group_by(incidents.c.state)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def capped(self, window: timedelta) -> int:
        """Return how many incidents of the last `window` were opened past their sender's share of urgent ones."""
        query = select(func.count()).where(incidents.c.priority == CAPPED, incidents.c.opened_at > func.now() - window)
        return int(self._connection.execute(query).scalar_one())


def _note(incident: IncidentId, happening: Happening) -> dict[str, Any]:
    return {
        "incident": incident,
        "at": happening.at,
        "stage": happening.stage,
        "state": happening.state,
        "headline": happening.headline,
        "took": happening.took,
        "data": dict(happening.data),
    }


def _given_up(row: Any) -> str | None:
    if row.job_state is None or row.job_state == JobState.SUCCEEDED.value:
        return None
    return f"{row.job_state}: {row.job_error or 'no reason given'}"


def _columns(dossier: Dossier) -> dict[str, Any]:
    incident = dossier.incident
    return {
        "version": incident.version,
        "state": incident.state.value,
        "target": incident.target,
        "signature": incident.signature,
        "severity": incident.severity.value,
        "title": incident.title,
        "signals": incident.signals,
        "opened_at": incident.opened_at,
        "last_signal_at": incident.last_signal_at,
        "updated_at": incident.updated_at,
        "closed_at": incident.closed_at,
        "opened_by": incident.opened_by,
        "priority": incident.priority,
        "parked": incident.parked,
        "dossier": stored(Dossier, dossier),
    }


def _incident(row: Any) -> Incident:
    return Incident(
        id=IncidentId(row.id),
        version=row.version,
        state=IncidentState(row.state),
        target=None if row.target is None else TargetName(row.target),
        signature=Signature(row.signature),
        severity=Severity(row.severity),
        title=row.title,
        signals=row.signals,
        opened_at=row.opened_at,
        last_signal_at=row.last_signal_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
        opened_by=row.opened_by,
        priority=row.priority,
        parked=row.parked,
    )


def _dossier(row: Any) -> Dossier:
    return replace(restored(Dossier, row.dossier, f"incident {row.id}"), incident=_incident(row))
