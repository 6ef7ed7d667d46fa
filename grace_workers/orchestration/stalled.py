"""The net under the line: an incident that should move but has no job gets one, or is handed to people."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.learning import Ending
from grace_workers.orchestration.advance import advance_request, moved, record, urgency
from grace_workers.orchestration.dossier import Closing, Dossier, Happening
from grace_workers.orchestration.line import stage_of
from grace_workers.orchestration.parts import Line
from grace_workers.orchestration.stages.ending import remember
from grace_workers.signals import IncidentState


def rescue(line: Line, *, idle: timedelta) -> int:
    """Ring again for incidents without a job; escalate those whose job died. Return how many were seen to."""
    with line.ledger.transaction() as tx:
        stalled = tx.incidents.stalled(idle=idle)
    for incident, error in stalled:
        with line.ledger.transaction() as tx:
            dossier = tx.incidents.load(incident.id)
        if error is None:
            _ring(line, dossier)
        else:
            _hand_over(line, dossier, f"its work was given up after too many attempts: {error}")
    return len(stalled)


def _ring(line: Line, dossier: Dossier) -> None:
    stage = stage_of(dossier.incident.state)
    if stage is None:
        return
    with line.ledger.transaction() as tx:
        tx.jobs.submit([advance_request(dossier, stage.pool, urgency(dossier.incident.severity))])


def _hand_over(line: Line, dossier: Dossier, why: str) -> None:
    now = line.clock.now()
    reasons = (*dossier.reasons, why)
    after = moved(replace(dossier, closing=Closing.ESCALATED, reasons=reasons), IncidentState.ESCALATED, now)
    begun = dossier.contract is not None
    happening = Happening(at=now, stage="rescue", state=after.incident.state.value, headline=why, took=0.0)
    with line.ledger.transaction() as tx:
        tx.incidents.save(after, expected_version=dossier.incident.version)
        record(tx, after, happening, actor=f"instance:{line.instance}", outcome="escalated")
        for write in remember(dossier, Ending.FAILED, restored=None) if begun else ():
            write(tx, now)
