"""`incident.diagnose`: takes the facts of an incident that a person is asked about.

Only a few examine targets at a time, in the whole fleet, because a storm of escalations would fill all slots of the
orchestration pool with them, and decisions would wait. The others come back later, each at a time of its own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.diagnosing import DEADLINE, DiagnosticReport, examine
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.job import Claim, Ending, JobState, Pool, Succeeded
from grace_workers.orchestration.line.transition import facts_request
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.reports import ReportStore
from grace_workers.orchestration.work.definition import JobDefinition, JobParts

_MOST_TARGETS = 2
_FRESH = timedelta(minutes=1)
MOST_AT_ONCE = 2
# So many seconds apart, as many run at once as may, even if each examines two targets until the deadline.
APART = _MOST_TARGETS * DEADLINE / MOST_AT_ONCE


class DiagnoseOrder(Document):
    """The incident."""

    incident: UUID


def run(parts: JobParts, claim: Claim) -> Ending:
    """Examine the reporting target and the one to heal, and keep what was found; a second run replaces it."""
    line = parts.line
    incident = IncidentId(DiagnoseOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}").incident)
    with line.ledger.transaction() as tx:
        targets = [target for target in _targets(tx.incidents.load(incident)) if target in line.targets]
        known = _known(tx, targets, since=line.clock.now() - _FRESH)
        if len(known) < len(targets) and _is_crowded(tx, claim):
            return _later(tx, claim, incident, line.clock.now())
    reports = [known[target] if target in known else examine(line, target) for target in targets]
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        for report in reports:
            tx[ReportStore].keep(incident, report)
    return Succeeded(result={"facts": sum(len(look.facts) for report in reports for look in report.looks)})


def _known(
    tx: LineTransaction, targets: Sequence[TargetName], *, since: datetime
) -> Mapping[TargetName, DiagnosticReport]:
    """Return what was found out a moment ago, because a storm on one target examines it once."""
    found = {target: tx[ReportStore].newest(target, since=since) for target in targets}
    return {target: report for target, report in found.items() if report is not None}


def _is_crowded(tx: LineTransaction, claim: Claim) -> bool:
    """Return whether as many others run as may; of several that start together, the last one sees all others."""
    running = tx.jobs.find(state=JobState.RUNNING, names=[claim.job.name], limit=MOST_AT_ONCE + 1)
    return sum(job.id != claim.job.id for job in running) >= MOST_AT_ONCE


def _later(tx: LineTransaction, claim: Claim, incident: IncidentId, now: datetime) -> Ending:
    """Submit the job anew, for the next time that no other one was given."""
    tx.jobs.hold(claim)
    taken = tx.cycle_states.read(claim.job.name)
    last = datetime.fromisoformat(taken) if isinstance(taken, str) else now
    at = max(now, last) + APART
    tx.cycle_states.write(claim.job.name, at.isoformat(), now)
    tx.jobs.submit([facts_request(incident, f"diagnose:{incident}:after:{claim.job.id}", not_before=at)])
    return Succeeded(result={"put_off_until": at.isoformat()})


def _targets(dossier: Dossier) -> list[TargetName]:
    hypotheses = () if dossier.diagnosis is None else dossier.diagnosis.hypotheses
    named = [dossier.incident.target, *(one.subject for one in hypotheses[:1])]
    return [*dict.fromkeys(one for one in named if one is not None)][:_MOST_TARGETS]


DEFINITION = JobDefinition(
    name="incident_diagnose",
    summary="Takes the facts of an incident that a person is asked about, and keeps them with it.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=timedelta(minutes=1),
    payload=DiagnoseOrder,
    attempts=3,
    audited=False,
)
