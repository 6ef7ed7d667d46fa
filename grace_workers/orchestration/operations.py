"""What an operator does with what rests: retry an incident or close it, replay a job."""

from dataclasses import replace

from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import IncidentId, JobId
from grace_workers.governance import Involvement, Proposer
from grace_workers.orchestration.dossier import Closing, Dossier, Happening
from grace_workers.orchestration.job import Job, Pool
from grace_workers.orchestration.line.arrows import FOR_PEOPLE, Mover
from grace_workers.orchestration.line.transition import advance_request, cleared, moved, record, urgency
from grace_workers.orchestration.people.looking import subject_of, taking
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.notices import NoticeStore
from grace_workers.signals import IncidentState

RESTING = frozenset({IncidentState.REFUSED, IncidentState.ESCALATED})


def retry(ledger: LineLedger, clock: Clock, incident: IncidentId, *, by: str, reason: str) -> Dossier:
    """Send a refused or escalated incident through the line again, from its diagnosis.

    The operator thereby causes the plan that follows, and cannot approve it.

    Raises:
        NotFoundError: no such incident.
        ConflictError: it does not rest.
        InputError: no reason was given.
    """
    return _move(ledger, clock, incident, IncidentState.OPEN, by=by, reason=reason)


def close(ledger: LineLedger, clock: Clock, incident: IncidentId, *, by: str, reason: str) -> Dossier:
    """Close a refused or escalated incident. Raises as `retry` does."""
    return _move(ledger, clock, incident, IncidentState.CLOSED, by=by, reason=reason)


def take(ledger: LineLedger, clock: Clock, incident: IncidentId, *, by: str, reason: str) -> Dossier:
    """Record that a person looks after an incident, so that no one else is told of it. Raises as `retry` does."""
    if not reason.strip():
        raise InputError("give a short reason, so that others understand")
    now = clock.now()
    with ledger.transaction() as tx:
        found = tx.incidents.load(incident)
        state = found.incident.state
        if state not in FOR_PEOPLE:
            raise ConflictError(f"incident {incident} is {state}; only one that needs a person can be taken")
        subject = subject_of(incident)
        wanted = taking(subject, str(found.incident.version))
        if not tx[NoticeStore].take(wanted, by, now):
            taker = tx[NoticeStore].takers([wanted])[wanted]
            raise ConflictError(f"{taker} looks after incident {incident} already")
        headline = f"{by} looks after it: {reason}"
        happening = Happening(at=now, stage="operator", state=state.value, headline=headline, took=0.0)
        tx.incidents.note(incident, happening)
        entry = Entry(at=now, actor=by, action="incident.taken", subject=subject, incident=incident)
        tx.audit.append(replace(entry, data={"reason": reason}))
    return found


def replay(ledger: LineLedger, clock: Clock, job_id: JobId, *, by: str) -> Job:
    """Queue a dead, failed or cancelled job again; this makes the operator a cause of its incident's plan.

    Raises:
        NotFoundError: no such job.
        ConflictError: it is open or succeeded, or another open job holds its dedupe key.
    """
    with ledger.transaction() as tx:
        job = tx.jobs.replay(job_id, by=by)
        if job.incident is not None:
            tx.approvals.involve([job.incident], Proposer(by=by, part=Involvement.REPLAY, at=clock.now()))
    return job


def _move(
    ledger: LineLedger, clock: Clock, incident: IncidentId, state: IncidentState, *, by: str, reason: str
) -> Dossier:
    if not reason.strip():
        raise InputError("give a short reason, so that others understand")
    now = clock.now()
    with ledger.transaction() as tx:
        before = tx.incidents.load(incident)
        if before.incident.state not in RESTING:
            raise ConflictError(
                f"incident {incident} is {before.incident.state}; only a refused or escalated incident can be "
                f"retried or closed"
            )
        changed = afresh(before) if state is IncidentState.OPEN else _dismissed(before, reason)
        after = moved(changed, state, now, Mover.OPERATOR)
        tx.incidents.save(after, expected_version=before.incident.version)
        happening = Happening(at=now, stage="operator", state=state.value, headline=f"{by}: {reason}", took=0.0)
        record(tx, after, happening, actor=by, outcome="retried" if state is IncidentState.OPEN else "dismissed")
        if state is IncidentState.OPEN:
            tx.approvals.involve([incident], Proposer(by=by, part=Involvement.RETRY, at=now))
            tx.jobs.submit([advance_request(after, Pool.ORCHESTRATION, urgency(after.incident.severity))])
    return after


def afresh(dossier: Dossier) -> Dossier:
    """Return the dossier as it was when the incident was opened; what an earlier run did does not stand."""
    found = cleared(dossier)
    return found if found.request is None else replace(found, request=replace(found.request, resumes=None))


def _dismissed(dossier: Dossier, reason: str) -> Dossier:
    return replace(dossier, closing=Closing.DISMISSED, reasons=(*dossier.reasons, reason))
