"""The only engine: take an incident from state to state until it rests or belongs to another pool.

Every stage runs with no transaction open; its result, the audit entry, the timeline and the next job are then one short
transaction that commits only while the claim and the incident's version are still the ones we started from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from grace_workers.audit import Entry
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.foundation.redaction import starred, without_secrets
from grace_workers.foundation.tracing import span, unless_here
from grace_workers.orchestration.dossier import Dossier, Happening
from grace_workers.orchestration.events.mesh import Draft, draft
from grace_workers.orchestration.events.topics.incident_moved import DEFINITION as INCIDENT_MOVED
from grace_workers.orchestration.events.topics.incident_moved import incident_moved
from grace_workers.orchestration.job import Claim, Ending, FencedError, JobRequest, Pool, Priority, Succeeded
from grace_workers.orchestration.line.arrows import Mover, allowed
from grace_workers.orchestration.line.execution import RunTakenError
from grace_workers.orchestration.line.fairness import AT_WORK, Shares, may_begin
from grace_workers.orchestration.line.line import Stage, stage_of
from grace_workers.orchestration.line.moves import Move, Wait
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.signals import IncidentState, Severity, storable

ADVANCE = "incident.advance"
WORTH_TELLING = timedelta(seconds=2)
MOST_CONFLICTS = 10
_RESTING = frozenset({IncidentState.AWAITING_APPROVAL})
_URGENCY: Mapping[Severity, Priority] = {
    Severity.CRITICAL: Priority(9),
    Severity.ERROR: Priority(7),
    Severity.WARNING: Priority(5),
    Severity.INFO: Priority(3),
}


def urgency(severity: Severity) -> Priority:
    """Return the priority of work on an incident of `severity`: critical ones go through the express slots."""
    return _URGENCY[severity]


def advance_request(
    dossier: Dossier, pool: Pool, priority: Priority, *, not_before: datetime | None = None
) -> JobRequest:
    """Return the job that carries the incident on from its present version; asking twice gives one job.

    A plan is acted on by one job at a time whatever the version, so that two can never take the same step side by side.
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


def advance(line: Line, claim: Claim, incident: IncidentId) -> Ending:
    """Carry the incident on as far as this pool can; return how the job ended.

    Raises:
        FencedError: the claim was lost; nothing more was written.
        ConflictError: others kept changing the incident; the job may run again.
        TransientError: a store or target could not be reached; the job may run again.
    """
    dossier = _load(line, incident)
    conflicts = 0
    while (stage := stage_of(dossier.incident.state)) is not None:
        if stage.pool is not claim.job.pool:
            _hand_over(line, claim, dossier, stage)
            break
        started = line.clock.monotonic()
        try:
            with span(f"stage {stage.name}", **{"grace.incident": str(incident)}):
                result = stage.run(line, dossier, claim)
        except RunTakenError as taken:
            # The other job carries the incident on; a second one, whoever asked for it, has nothing to do.
            return Succeeded(result={"incident": str(incident), "left": str(taken)})
        took = line.clock.monotonic() - started
        if isinstance(result, Wait):
            _wait(line, claim, dossier, result, stage)
            break
        try:
            dossier = _commit(line, claim, dossier, stage, result, took)
        except FencedError:
            raise
        except ConflictError:
            conflicts += 1
            if conflicts == MOST_CONFLICTS:
                raise
            dossier = _load(line, incident)
            continue
        if result.wake_at is not None or dossier.incident.state in _RESTING:
            break
    return Succeeded(result={"incident": str(incident), "state": dossier.incident.state.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is told of one change of an incident: the timeline's line, the event, and the audit entry."""

    incident: IncidentId
    happening: Happening
    event: Draft
    entry: Entry


def change_of(dossier: Dossier, happening: Happening, *, actor: str, outcome: str = "ok") -> Change:
    """Return what is told of the change that led to `dossier`, without secrets."""
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
    """Return the dossier with nothing of what was found out and agreed so far."""
    return Dossier(incident=dossier.incident, signal=dossier.signal, request=dossier.request, trace=dossier.trace)


def begin_parked(tx: LineTransaction, target: TargetName, shares: Shares) -> None:
    """Queue the parked incidents of `target` for which there is room, the most urgent and oldest first."""
    parked = tx.incidents.parked(target, limit=shares.under_way)
    if not parked:
        return
    queue = tx.incidents.queue([target], "", since=parked[0].incident.opened_at)
    for dossier in parked:
        if may_begin(dossier.incident, target, queue, shares):
            tx.incidents.unpark(dossier.incident.id)
            tx.jobs.submit([advance_request(dossier, Pool.ORCHESTRATION, Priority(dossier.incident.priority))])


def _load(line: Line, incident: IncidentId) -> Dossier:
    with line.ledger.transaction() as tx:
        return tx.incidents.load(incident)


def _commit(line: Line, claim: Claim, before: Dossier, stage: Stage, move: Move, took: float) -> Dossier:
    now = line.clock.now()
    after = moved(move.dossier, move.state, now)
    data: dict[str, JsonValue] = dict(move.data)
    happening = Happening(
        at=now, stage=stage.name, state=move.state.value, headline=move.headline, took=took, data=data
    )
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        tx.incidents.save(after, expected_version=before.incident.version)
        record(tx, after, happening, actor=f"instance:{line.instance}", outcome=move.outcome)
        for write in move.writes:
            write(tx, now)
        if move.state not in AT_WORK and after.incident.target is not None:
            begin_parked(tx, after.incident.target, line.shares)
        following = stage_of(move.state)
        if following is None:
            return after
        if move.wake_at is not None:
            tx.jobs.submit([advance_request(after, following.pool, claim.job.priority, not_before=move.wake_at)])
        elif following.pool is not claim.job.pool and move.state not in _RESTING:
            tx.jobs.submit([advance_request(after, following.pool, claim.job.priority)])
    return after


def _hand_over(line: Line, claim: Claim, dossier: Dossier, stage: Stage) -> None:
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        tx.jobs.submit([advance_request(dossier, stage.pool, claim.job.priority)])


def _wait(line: Line, claim: Claim, dossier: Dossier, wait: Wait, stage: Stage) -> None:
    if wait.until is None:
        return
    now = line.clock.now()
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        request = advance_request(dossier, stage.pool, claim.job.priority, not_before=wait.until)
        tx.jobs.submit([request])
        if wait.until - now >= WORTH_TELLING:
            headline = f"waits until {wait.until:%H:%M:%S} UTC: {wait.why}"
            state = dossier.incident.state.value
            tx.incidents.note(
                dossier.incident.id, Happening(at=now, stage=stage.name, state=state, headline=headline, took=0.0)
            )
