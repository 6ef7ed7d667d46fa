"""snapshotted -> executed: take the steps in order, under the contract; restore all of them when one fails."""

from dataclasses import dataclass, replace

from grace_workers.actions import OutcomeStatus
from grace_workers.fleet import DEAD_AFTER
from grace_workers.governance import Refused, breach
from grace_workers.learning import Ending
from grace_workers.orchestration.dossier import Dossier, JournalRow, StepState
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.ending import planned, remember, under_contract
from grace_workers.orchestration.line.execution import (
    BEING_UNDONE,
    HALTED,
    TOUCHED,
    enter,
    hold,
    outcome_json,
    restore_all,
    take,
    write,
)
from grace_workers.orchestration.line.move import Move, StageResult
from grace_workers.orchestration.line.moves import escalate, look_again, refuse
from grace_workers.orchestration.line.parts import Line
from grace_workers.playbooks import Plan, Step
from grace_workers.signals import IncidentState
from grace_workers.verification import VerdictKind

# For this many seconds after a node's heartbeat, no other node takes its claims.
_STILL_OURS = DEAD_AFTER.total_seconds() / 2


@dataclass(frozen=True, slots=True)
class _Stop:
    """Why a step may not act. `by_people`: they turned a switch, which does not count against the playbook."""

    why: str
    by_people: bool


def execute(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Take every step that is not done yet; the journal makes it safe to resume a run."""
    plan = planned(dossier)
    rows = enter(line, dossier, plan, claim)
    interrupted = next((row for row in rows.values() if row.state in BEING_UNDONE), None)
    if interrupted is not None:
        why = f"step {interrupted.step!r} was being restored: {_detail(interrupted)}"
        return _stopped(line, dossier, claim, _Stop(why, by_people=_halted(interrupted)))
    details: list[str] = []
    for step in plan.steps:
        row = rows[step.index]
        if row.state is StepState.DONE:
            details.append(f"{step.id}: already done")
            continue
        stop = _intend(line, dossier, plan, step, row, claim)
        if stop is not None:
            touched = any(one.state in TOUCHED for one in rows.values())
            return _stopped(line, dossier, claim, stop) if touched else _not_begun(line, dossier, stop)
        rows[step.index] = acted = _act(line, plan, step, row, claim)
        if acted.state is StepState.FAILED:
            if _halted(acted):
                return _stopped(line, dossier, claim, _Stop(f"in step {step.id!r}, {_detail(acted)}", by_people=True))
            return _undo(line, dossier, claim, f"step {step.id!r} failed: {_detail(acted)}")
        details.append(f"{step.id}: {_detail(acted)}")
    return Move(
        dossier=replace(dossier, verifying_since=line.clock.now()),
        state=IncidentState.EXECUTED,
        headline="; ".join(details),
        data={"steps": list(details)},
    )


def _intend(line: Line, dossier: Dossier, plan: Plan, step: Step, row: JournalRow, claim: Claim) -> _Stop | None:
    """Record that the step is about to act, unless the contract or a switch forbids it; return why not.

    A process that was frozen or cut off meanwhile checks again, because others may have its claim by now.

    Raises:
        FencedError: others have the claim.
    """
    while True:
        asked = line.clock.monotonic()
        stop = _asked(line, dossier, plan, step, row, claim)
        if stop is not None or line.clock.monotonic() - asked < _STILL_OURS:
            return stop


def _asked(line: Line, dossier: Dossier, plan: Plan, step: Step, row: JournalRow, claim: Claim) -> _Stop | None:
    now = line.clock.now()
    with line.ledger.transaction() as tx:
        hold(tx, plan.id, claim)
        begun = step.index > 0 or row.state is StepState.INTENDED
        kill, freeze = tx.switches.read("kill"), None if begun else tx.switches.read("freeze")
        forbidden = breach(under_contract(dossier), plan, step, kill=kill, freeze=freeze, now=now)
        if forbidden is not None:
            return _Stop(forbidden, by_people=kill.on or (freeze is not None and freeze.on))
        if row.state is StepState.SNAPSHOTTED:
            intended = replace(row, state=StepState.INTENDED, attempt=claim.attempt, updated_at=now)
            tx.journal.write(plan.id, intended)
    return None


def _act(line: Line, plan: Plan, step: Step, row: JournalRow, claim: Claim) -> JournalRow:
    outcome = take(line, step, row)
    state = StepState.FAILED if outcome.status is OutcomeStatus.FAILED else StepState.DONE
    after = replace(row, state=state, outcome=outcome_json(outcome))
    write(line, plan.id, after, claim)
    return after


def _not_begun(line: Line, dossier: Dossier, stop: _Stop) -> Move:
    """End a run that touched nothing: a switch refuses it; a contract that expired in the queue is issued again."""
    ends = remember(dossier, Ending.INCONCLUSIVE, restored=None)
    if stop.by_people:
        return replace(refuse(dossier, Refused(gate="first_effect", reason=stop.why)), writes=ends)
    return replace(look_again(line, dossier, f"{stop.why}, before anything was touched"), writes=ends)


def _stopped(line: Line, dossier: Dossier, claim: Claim, stop: _Stop) -> Move:
    verdict = VerdictKind.INCONCLUSIVE if stop.by_people else VerdictKind.FAILED
    return _undo(line, dossier, claim, stop.why, verdict=verdict)


def _undo(line: Line, dossier: Dossier, claim: Claim, why: str, *, verdict: VerdictKind = VerdictKind.FAILED) -> Move:
    whole, words = restore_all(line, dossier, planned(dossier), claim)
    if not whole:
        return escalate(dossier, f"{why}; restoring failed too: {'; '.join(words)}", restored=False)
    reasons = (why, *words)
    return Move(
        dossier=replace(dossier, verdict=verdict.value, reasons=reasons),
        state=IncidentState.RESTORED,
        headline=f"{why}; everything was restored",
        outcome="restored",
        data={"reasons": list(reasons)},
    )


def _halted(row: JournalRow) -> bool:
    data = (row.outcome or {}).get("data")
    return isinstance(data, dict) and data.get(HALTED) is True


def _detail(row: JournalRow) -> str:
    return str((row.outcome or {}).get("detail", ""))
