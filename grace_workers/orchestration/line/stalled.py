"""The safety net under the line: an incident that should move but has no job gets one, or is escalated to people."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.foundation.errors import ConflictError, IntegrityError
from grace_workers.orchestration.dossier import Closing, Dossier, Happening, StepState
from grace_workers.orchestration.job import Priority
from grace_workers.orchestration.line.arrows import Mover
from grace_workers.orchestration.line.ending import ending_of, remember
from grace_workers.orchestration.line.execution import TOUCHED
from grace_workers.orchestration.line.line import stage_of
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.transition import advance_request, ask_for_facts, begin_parked, moved, record
from grace_workers.orchestration.stores import LineTransaction, Stalled
from grace_workers.signals import IncidentState


def rescue(line: Line, *, idle: timedelta) -> int:
    """Ring again for incidents without a job; escalate those whose job gave up. Return how many were handled.

    Raises:
        IntegrityError: some incidents cannot be read; all others were handled.
    """
    with line.ledger.transaction() as tx:
        stalled = tx.incidents.stalled(idle=idle)
        # The incident that ended did not see what was parked at that very moment.
        for target in sorted(tx.incidents.parked_counts()):
            begin_parked(tx, target, line.shares)
    unreadable: list[IntegrityError] = []
    for one in stalled:
        try:
            _see_to(line, one)
        except ConflictError:
            continue  # It has moved meanwhile, so it needs no rescue.
        except IntegrityError as error:
            unreadable.append(error)
    if unreadable:
        raise IntegrityError("; ".join(str(error) for error in unreadable)) from unreadable[0]
    return len(stalled)


def _see_to(line: Line, stalled: Stalled) -> None:
    with line.ledger.transaction() as tx:
        dossier = tx.incidents.load(stalled.incident.id)
        if dossier.incident.version != stalled.incident.version:
            return
        if stalled.given_up is None:
            _ring(tx, dossier)
        else:
            _hand_over(line, tx, dossier, f"its job gave up ({stalled.given_up})")


def _ring(tx: LineTransaction, dossier: Dossier) -> None:
    stage = stage_of(dossier.incident.state)
    if stage is not None:
        tx.jobs.submit([advance_request(dossier, stage.pool, Priority(dossier.incident.priority))])


def _hand_over(line: Line, tx: LineTransaction, dossier: Dossier, why: str) -> None:
    now = line.clock.now()
    left = _left_behind(tx, dossier)
    reasons = (*dossier.reasons, why, *([left] if left else []))
    given_up = replace(dossier, closing=Closing.ESCALATED, reasons=reasons)
    after = moved(given_up, IncidentState.ESCALATED, now, Mover.RESCUE)
    tx.incidents.save(after, expected_version=dossier.incident.version)
    headline = "; ".join(part for part in (why, left) if part)
    happening = Happening(at=now, stage="rescue", state=after.incident.state.value, headline=headline, took=0.0)
    record(tx, after, happening, actor=f"instance:{line.instance}", outcome="escalated")
    ask_for_facts(tx, after)
    begun = dossier.contract is not None
    for write in remember(dossier, ending_of(dossier), restored=None) if begun else ():
        write(tx, now)


def _left_behind(tx: LineTransaction, dossier: Dossier) -> str:
    """Name the steps that acted, or may have, and were not restored; a verified run left its effects on purpose."""
    settled = {IncidentState.VERIFIED, IncidentState.RESTORED}
    if dossier.plan is None or dossier.incident.state in settled:
        return ""
    left = [row.step for row in tx.journal.rows(dossier.plan.id) if row.state in TOUCHED - {StepState.RESTORED}]
    return f"what these steps did, or may have done, was not restored: {', '.join(left)}" if left else ""
