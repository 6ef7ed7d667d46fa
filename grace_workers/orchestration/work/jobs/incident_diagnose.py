"""`incident.diagnose`: takes the facts of an incident that a person is asked about."""

from datetime import timedelta
from uuid import UUID

from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.diagnosing import DiagnosticReport, examine
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores.reports import ReportStore
from grace_workers.orchestration.work.definition import JobDefinition, JobParts

_MOST_TARGETS = 2
_FRESH = timedelta(minutes=1)


class DiagnoseOrder(Document):
    """The incident."""

    incident: UUID


def run(parts: JobParts, claim: Claim) -> Ending:
    """Examine the reporting target and the one to heal, and keep what was found; a second run replaces it."""
    line = parts.line
    incident = IncidentId(DiagnoseOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}").incident)
    with line.ledger.transaction() as tx:
        dossier = tx.incidents.load(incident)
    reports = [_report(line, target) for target in _targets(dossier) if target in line.targets]
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        for report in reports:
            tx[ReportStore].keep(incident, report)
    return Succeeded(result={"facts": sum(len(look.facts) for report in reports for look in report.looks)})


def _report(line: Line, target: TargetName) -> DiagnosticReport:
    """Return what is known of the target since a moment ago, or look: a storm on one target examines it once."""
    with line.ledger.transaction() as tx:
        known = tx[ReportStore].newest(target, since=line.clock.now() - _FRESH)
    return known or examine(line, target)


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
