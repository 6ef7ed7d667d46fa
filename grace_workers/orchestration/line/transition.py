"""What everything that moves an incident uses: the arrow, the record of the change, and the job that continues.

The engine, people, signals and the rescue all move incidents through these functions, each in its own transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from grace_workers.audit import Entry
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.foundation.redaction import starred, without_secrets
from grace_workers.foundation.tracing import unless_here
from grace_workers.orchestration.dossier import Dossier, Happening
from grace_workers.orchestration.events.mesh import Draft, draft
from grace_workers.orchestration.events.topics.incident_moved import DEFINITION as INCIDENT_MOVED
from grace_workers.orchestration.events.topics.incident_moved import incident_moved
from grace_workers.orchestration.job import JobRequest, Pool, Priority
from grace_workers.orchestration.line.arrows import Mover, allowed
from grace_workers.orchestration.line.fairness import AT_WORK, WAITED_FOR, Shares, may_begin
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.groups import GroupStore
from grace_workers.signals import Incident, IncidentState, Severity, storable

ADVANCE = "incident.advance"
DIAGNOSE = "incident.diagnose"
_URGENCY: Mapping[Severity, Priority] = {
    Severity.CRITICAL: Priority(9),
    Severity.ERROR: Priority(7),
    Severity.WARNING: Priority(5),
    Severity.INFO: Priority(3),
}
_SEEN_BY_PEOPLE = frozenset({IncidentState.ESCALATED, IncidentState.AWAITING_APPROVAL})


def urgency(severity: Severity) -> Priority:
    """Return the priority of work on an incident of `severity`: critical ones use the express slots."""
    return _URGENCY[severity]


def advance_request(
    dossier: Dossier, pool: Pool, priority: Priority, *, not_before: datetime | None = None
) -> JobRequest:
    """Return the job that advances the incident from its current version; asking twice gives one job.

    A plan's run gets one job whatever the version, so that two jobs can never take the same step concurrently.
    """
    incident = dossier.incident
    moment = "" if not_before is None else f":{not_before.isoformat()}"
    at = dossier.plan.id if pool is Pool.HEALING and dossier.plan is not None else incident.version
    return JobRequest(
        name=ADVANCE,
        pool=pool,
        payload={"incident": str(incident.id)},
        priority=priority,
        dedupe_key=f"advance:{incident.id}:{at}:{pool}{moment}",
        not_before=not_before,
        incident=incident.id,
        trace=unless_here(dossier.trace),
    )


def ask_for_facts(tx: LineTransaction, dossier: Dossier) -> None:
    """Queue the job that takes the facts of an incident, if a person is to look at it now.

    It is a job of its own, behind the line's work, because a decision must not wait for ten seconds of evidence.
    """
    incident = dossier.incident
    alone = incident.part_of is None  # Else the facts of the incident that leads it tell of the cause.
    if incident.state in _SEEN_BY_PEOPLE and incident.target is not None and alone:
        tx.jobs.submit([facts_request(incident.id, f"diagnose:{incident.id}:{incident.version}")])


def facts_request(incident: IncidentId, key: str, *, not_before: datetime | None = None) -> JobRequest:
    """Return the job that takes the facts of an incident."""
    return JobRequest(
        name=DIAGNOSE,
        pool=Pool.ORCHESTRATION,
        payload={"incident": str(incident)},
        priority=_URGENCY[Severity.INFO],
        dedupe_key=key,
        not_before=not_before,
        max_attempts=3,
        incident=incident,
        audited=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The record of one change of an incident: the timeline's line, the event, and the audit entry."""

    incident: IncidentId
    happening: Happening
    event: Draft
    entry: Entry


def change_of(dossier: Dossier, happening: Happening, *, actor: str, outcome: str = "ok") -> Change:
    """Return the record of the change that led to `dossier`, without secrets."""
    incident = dossier.incident
    headline = starred(storable(happening.headline))
    told = replace(happening, headline=headline, data=without_secrets(happening.data))
    entry = Entry(
        at=told.at,
        actor=actor,
        action=f"incident.{told.state}",
        subject=f"incident:{incident.id}",
        incident=incident.id,
        outcome=outcome,
        data={"stage": told.stage, "headline": told.headline, "took": told.took, **told.data},
    )
    event = draft(INCIDENT_MOVED, incident_moved(dossier, told, outcome))
    return Change(incident=incident.id, happening=told, event=event, entry=entry)


def record_all(tx: LineTransaction, changes: Sequence[Change]) -> None:
    """Write the timeline lines, events and audit entries of changes, each kind in one statement."""
    tx.incidents.note_all([(one.incident, one.happening) for one in changes])
    tx.events.publish_all([one.event for one in changes])
    tx.audit.append_all([one.entry for one in changes])


def record(tx: LineTransaction, dossier: Dossier, happening: Happening, *, actor: str, outcome: str = "ok") -> None:
    """Write a timeline line, the event and the audit entry of the same change."""
    record_all(tx, [change_of(dossier, happening, actor=actor, outcome=outcome)])


def moved(dossier: Dossier, state: IncidentState, now: datetime, mover: Mover = Mover.STAGE) -> Dossier:
    """Return the dossier one version on, in `state`.

    Raises:
        ValueError: there is no such arrow for `mover`.
    """
    incident = dossier.incident
    if not allowed(incident.state, state, mover):
        raise ValueError(f"{mover} may not move an incident from {incident.state} to {state}")
    closed_at = now if state is IncidentState.CLOSED else None
    after = replace(
        incident, state=state, version=incident.version + 1, updated_at=now, closed_at=closed_at, parked=False
    )
    return replace(dossier, incident=after)


def cleared(dossier: Dossier) -> Dossier:
    """Return the dossier without any findings and permissions so far."""
    return Dossier(incident=dossier.incident, signal=dossier.signal, request=dossier.request, trace=dossier.trace)


def make_room(tx: LineTransaction, incident: Incident, shares: Shares) -> None:
    """Begin what waited for an incident that takes no workers' time any more: of its target, and of its group."""
    if incident.state in AT_WORK or incident.target is None:
        return
    begin_parked(tx, incident.target, shares)
    for target in () if incident.state in WAITED_FOR else tx[GroupStore].held_targets(incident.id):
        begin_parked(tx, target, shares)


def begin_parked(tx: LineTransaction, target: TargetName, shares: Shares) -> None:
    """Queue the parked incidents of `target` that there is room for, most urgent and oldest first."""
    parked = tx.incidents.parked(target, limit=shares.under_way, hold=shares.hold)
    if not parked:
        return
    queue = tx.incidents.queue([target], "", since=parked[0].incident.opened_at)
    for dossier in parked:
        if may_begin(dossier.incident, target, queue, shares):
            tx.incidents.unpark(dossier.incident.id)
            tx.jobs.submit([advance_request(dossier, Pool.ORCHESTRATION, Priority(dossier.incident.priority))])
