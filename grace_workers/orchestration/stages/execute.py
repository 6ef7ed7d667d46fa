"""snapshotted -> executed: take the steps in order, under the contract; put all back when one fails."""

from dataclasses import replace

from grace_workers.actions import OutcomeStatus
from grace_workers.governance import breach
from grace_workers.orchestration.dossier import Dossier, JournalRow, StepState
from grace_workers.orchestration.execution import BEING_UNDONE, outcome_json, restore_all, take, write
from grace_workers.orchestration.jobs import Claim
from grace_workers.orchestration.moves import Move, StageResult
from grace_workers.orchestration.parts import Line
from grace_workers.orchestration.stages.ending import escalate, planned, under_contract
from grace_workers.playbooks import Plan, Step
from grace_workers.signals import IncidentState


def execute(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Take every step that is not done yet; the journal makes a resumed run harmless."""
    plan = planned(dossier)
    with line.ledger.transaction() as tx:
        rows = {row.index: row for row in tx.journal.rows(plan.id)}
    if any(row.state in BEING_UNDONE for row in rows.values()):
        return _undo(line, dossier, claim, "a step failed before the run was interrupted")
    details: list[str] = []
    for step in plan.steps:
        row = rows[step.index]
        if row.state is StepState.DONE:
            details.append(f"{step.id}: done before")
            continue
        refusal = _intend(line, dossier, plan, step, row, claim)
        if refusal is not None:
            return _undo(line, dossier, claim, refusal)
        acted = _act(line, plan, step, row, claim)
        if acted.state is StepState.FAILED:
            return _undo(line, dossier, claim, f"step {step.id!r} failed: {_detail(acted)}")
        details.append(f"{step.id}: {_detail(acted)}")
    return Move(
        dossier=replace(dossier, verifying_since=line.clock.now()),
        state=IncidentState.EXECUTED,
        headline="; ".join(details),
        data={"steps": list(details)},
    )


def _intend(line: Line, dossier: Dossier, plan: Plan, step: Step, row: JournalRow, claim: Claim) -> str | None:
    """Write that the step is about to act, unless the contract or a switch forbids it; return why not."""
    now = line.clock.now()
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        begun = step.index > 0 or row.state is StepState.INTENDED
        kill, freeze = tx.switches.read("kill"), None if begun else tx.switches.read("freeze")
        forbidden = breach(under_contract(dossier), plan, step, kill=kill, freeze=freeze, now=now)
        if forbidden is None and row.state is StepState.SNAPSHOTTED:
            intended = replace(row, state=StepState.INTENDED, attempt=claim.attempt, updated_at=now)
            tx.journal.write(plan.id, intended)
    return forbidden


def _act(line: Line, plan: Plan, step: Step, row: JournalRow, claim: Claim) -> JournalRow:
    outcome = take(line, step, row)
    state = StepState.FAILED if outcome.status is OutcomeStatus.FAILED else StepState.DONE
    after = replace(row, state=state, outcome=outcome_json(outcome))
    write(line, plan.id, after, claim)
    return after


def _undo(line: Line, dossier: Dossier, claim: Claim, why: str) -> StageResult:
    whole, words = restore_all(line, planned(dossier), claim)
    reasons = (why, *words)
    if not whole:
        return escalate(dossier, f"{why}; and putting back failed: {'; '.join(words)}")
    return Move(
        dossier=replace(dossier, verdict="failed", reasons=reasons),
        state=IncidentState.RESTORED,
        headline=f"{why}; everything was put back" if words else f"{why}; nothing had been touched",
        outcome="restored",
        data={"reasons": list(reasons)},
    )


def _detail(row: JournalRow) -> str:
    return str((row.outcome or {}).get("detail", ""))
