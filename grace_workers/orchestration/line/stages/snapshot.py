"""contracted -> snapshotted: check once more whether to act at all, then save the state of every step's target."""

from collections.abc import Mapping
from dataclasses import replace

from grace_workers.diagnosis import CauseName, Findings, Ground, ground, neighbourhood, refuting_evidence
from grace_workers.foundation.errors import ConflictError, GraceError, TransientError
from grace_workers.learning import Ending
from grace_workers.orchestration.dossier import Dossier, JournalRow, standing
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.ending import bindings_of, planned, remember
from grace_workers.orchestration.line.execution import idempotency_key, snapshot_row
from grace_workers.orchestration.line.move import Move, StageResult, Write
from grace_workers.orchestration.line.moves import cure_since_opened, cured, escalate, look_again
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.readings import read_before, read_evidence
from grace_workers.playbooks import Mode, Plan, promise
from grace_workers.signals import IncidentState
from grace_workers.verification import all_met_before, failing_before


def snapshot(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Return the saved state, or the move that ends the run if nothing needs to be, or may be, touched."""
    plan = planned(dossier)
    try:
        if dossier.request is None and _refuted_now(line, dossier, plan):
            return _not_there(line, dossier, plan)
        resumed = dossier.request.resumes if dossier.request is not None else None
        before = {**read_before(line, plan.expectations), **(resumed.baseline if resumed is not None else {})}
        if dossier.request is None and not failing_before(plan.expectations, before):
            ended = _unprovable(line, dossier, plan, before)
            if ended is not None:
                return ended
        # What may not be taken at all may not be possible now either; its state is saved right before it acts.
        stand = _standing(line, dossier, plan)
        certain = [step for step in plan.steps if step.certain and step.index not in stand]
        rows = (*stand.values(), *(snapshot_row(line, plan, step, claim) for step in certain))
    except TransientError:
        raise
    except GraceError as error:
        return escalate(dossier, f"the state before the change could not be saved, so nothing was touched: {error}")
    return Move(
        dossier=replace(dossier, baseline=before),
        state=IncidentState.SNAPSHOTTED,
        headline=f"saved the state of {len(certain)} step{'s' if len(certain) != 1 else ''}"
        + (f"; {', '.join(row.step for row in stand.values())} of the earlier run stand" if stand else ""),
        data={"steps": len(rows), "baseline": {name: repr(value) for name, value in before.items()}},
        writes=tuple(_keeps(plan, row) for row in rows),
    )


def _standing(line: Line, dossier: Dossier, plan: Plan) -> Mapping[int, JournalRow]:
    """Return the rows of the steps that the run which is resumed has done, with the states it saved.

    Raises:
        ConflictError: another run has ended on one of its targets since, so what it saved is out of date.
    """
    resumed = dossier.request.resumes if dossier.request is not None else None
    if resumed is None:
        return {}
    steps = {step.id: step for step in plan.steps}
    with line.ledger.reading() as tx:
        kept = [row for row in standing(tx.journal.rows(resumed.plan), plan) if row.step in steps]
        since = min((row.updated_at for row in kept), default=None)
        ended = tx.records.episodes(since=since, targets=plan.targets) if since is not None else ()
    other = next((one for one in ended if one.incident != dossier.incident.id), None)
    if other is not None:
        said = f"{other.playbook} of incident {other.incident} has run on a target of this run since"
        raise ConflictError(f"{said}, so what was saved before is out of date; retry the incident instead")
    fresh = [(row, steps[row.step]) for row in kept]
    return {
        step.index: replace(row, index=step.index, idempotency_key=idempotency_key(plan.id, step), attempt=0)
        for row, step in fresh
    }


def _keeps(plan: Plan, row: JournalRow) -> Write:
    return lambda tx, _now: tx.journal.write(plan.id, row)


def _refuted_now(line: Line, dossier: Dossier, plan: Plan) -> bool:
    """Return whether a current reading refutes the cause; the diagnosis may have been made long ago."""
    subject, cause = line.subjects.get(plan.target), CauseName(plan.cause)
    if subject is None:
        return False
    bindings, near = bindings_of(dossier, plan), neighbourhood(dossier.incident.target, line.subjects)
    causes = line.causes()
    seen = read_evidence(line, refuting_evidence(causes.get(cause), subject, bindings, near, line.checks))
    now = Findings(incident=dossier.incident, evidence=seen.evidence, causes=causes, subjects=line.subjects)
    return ground(cause, now, subject, bindings) is Ground.REFUTED


def _not_there(line: Line, dossier: Dossier, plan: Plan) -> Move:
    """Go back for a new diagnosis, or escalate if the fault has come and gone for too long."""
    why = f"current readings show no {plan.cause} on {plan.target}, so nothing was touched"
    if line.clock.now() - dossier.incident.opened_at > line.patience:
        return escalate(dossier, f"{why}; the fault comes and goes", ending=Ending.INCONCLUSIVE)
    ends = remember(dossier, Ending.INCONCLUSIVE, restored=None)
    return replace(look_again(line, dossier, why), writes=ends)


def _unprovable(line: Line, dossier: Dossier, plan: Plan, before: Mapping[str, float]) -> Move | None:
    """Return how a run ends whose expectations could prove nothing; None if people wanted it nevertheless."""
    if all_met_before(plan.expectations, before):
        cure = cure_since_opened(line, dossier)
        if cure is not None:
            ends = remember(dossier, Ending.INCONCLUSIVE, restored=None)
            return cured(dossier, cure, [promise(item) for item in plan.expectations if item.proves], ends)
    if dossier.granted is None or dossier.granted.mode is not Mode.AUTO:
        return None
    seen = [f"{item.id} read {before[item.id]:g}" for item in plan.expectations if item.id in before]
    why = (
        "every expectation is already met before the first step, so a run could not prove that it helped; "
        "nothing was touched"
    )
    return escalate(dossier, f"{why} ({'; '.join(seen) or 'nothing could be read'})", ending=Ending.INCONCLUSIVE)
