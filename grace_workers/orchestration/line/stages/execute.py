"""snapshotted -> executed: take the steps in order, under the contract; restore all of them when one fails."""

from collections.abc import Sequence
from dataclasses import replace

from grace_workers.governance import Refused
from grace_workers.learning import Ending
from grace_workers.orchestration.dossier import Closing, Dossier, StepState
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.ending import planned, remember
from grace_workers.orchestration.line.execution import enter, restore_all
from grace_workers.orchestration.line.move import Move, StageResult, Wait
from grace_workers.orchestration.line.moves import escalate, look_again, refuse
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.rounds import Asks, Rests, RunInProgress, Stop
from grace_workers.orchestration.line.settling import look_once
from grace_workers.playbooks import Plan
from grace_workers.signals import IncidentState
from grace_workers.verification import Passed, VerdictKind


def execute(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Take every step that is not done yet; the journal makes it safe to resume a run."""
    plan = planned(dossier)
    run = RunInProgress(line, dossier, plan, claim, enter(line, dossier, plan, claim))
    interrupted = run.interrupted()
    if interrupted is not None:
        return _end(run, interrupted)
    stop = run.take()
    if isinstance(stop, Asks):
        return _asks(dossier, stop)
    if isinstance(stop, Rests):
        return _rests(dossier, stop)
    if stop is not None:
        ends = run.touched or (run.goes_on and not stop.by_people)
        return _end(run, stop) if ends else _not_begun(line, dossier, stop)
    details = run.details()
    if all(row.state is not StepState.DONE for row in run.rows.values()):
        return _none_taken(line, dossier, plan, details)
    return Move(
        dossier=replace(dossier, verifying_since=line.clock.now()),
        state=IncidentState.EXECUTED,
        headline="; ".join(details),
        data={"steps": list(details)},
    )


def _asks(dossier: Dossier, asks: Asks) -> Wait:
    """Wait for a person; the job that the answer rings, or the one that is due at the expiry, goes on."""
    ask, question = asks.step.ask, asks.question
    words, role = ("", "") if ask is None else (ask.words, ask.role)
    why = f"step {asks.step.id} asks an {role}: {words} (grace incident answer {dossier.incident.id})"
    keeps = replace(dossier, question=question)
    return Wait(until=question.expires_at, why=why, keeps=keeps, told=dossier.question != question)


def _rests(dossier: Dossier, rests: Rests) -> Wait:
    """Let the time pass without a job; the one that is due then looks again, and goes on."""
    wait = rests.wait
    why = f"step {wait.step} is due then; its targets stay held"
    return Wait(until=wait.until, why=why, keeps=replace(dossier, wait=wait), told=dossier.wait != wait)


def _none_taken(line: Line, dossier: Dossier, plan: Plan, details: Sequence[str]) -> Move:
    """End a run without a step. Where one waited and all is well now, the problem ended by itself meanwhile."""
    told = "; ".join(details)
    waited = any(step.wait is not None for step in plan.steps)
    verdict = look_once(line, plan.expectations, dossier.baseline) if waited else None
    if not isinstance(verdict, Passed):
        return escalate(dossier, f"no step was taken, so a run could not help: {told}", ending=Ending.INCONCLUSIVE)
    why = f"it ended by itself while the run waited: {'; '.join(verdict.reasons)}; {told}"
    return Move(
        dossier=replace(dossier, closing=Closing.RESOLVED, reasons=(why,)),
        state=IncidentState.CLOSED,
        headline=why,
        outcome="resolved",
        writes=remember(dossier, Ending.INCONCLUSIVE, restored=None),
    )


def _not_begun(line: Line, dossier: Dossier, stop: Stop) -> Move:
    """End a run that touched nothing: a switch refuses it; a contract that expired in the queue is issued again."""
    ends = remember(dossier, Ending.INCONCLUSIVE, restored=None)
    if stop.by_people:
        return replace(refuse(dossier, Refused(gate=stop.gate, reason=stop.why)), writes=ends)
    return replace(look_again(line, dossier, f"{stop.why}, before anything was touched"), writes=ends)


def _end(run: RunInProgress, stop: Stop) -> Move:
    """End a run that goes no further: restore everything, or only what failed if the plan keeps what is done.

    People who turn on the kill switch are promised that everything is put back, whatever the plan says.
    """
    done = [row.step for row in run.rows.values() if row.state is StepState.DONE]
    if stop.by_people or not (run.plan.keeps and done):
        return _undo(run.line, run.dossier, run.claim, stop)
    undone = restore_all(run.line, run.dossier, run.plan, run.claim, keeping=frozenset({StepState.DONE}))
    words = "; ".join(undone.words)
    failed = words if undone.whole else f"restoring failed too: {words}"
    kept = f"kept {', '.join(done)}, so that a person can resume the run: grace incident resume {run.plan.incident}"
    why = "; ".join(part for part in (stop.why, failed, kept) if part)
    return escalate(run.dossier, why, restored=None if undone.whole else False, ending=Ending.FAILED)


def _undo(line: Line, dossier: Dossier, claim: Claim, stop: Stop) -> Move:
    undone = restore_all(line, dossier, planned(dossier), claim)
    if not undone.whole:
        return escalate(dossier, f"{stop.why}; restoring failed too: {'; '.join(undone.words)}", restored=False)
    verdict = VerdictKind.INCONCLUSIVE if stop.by_people else VerdictKind.FAILED
    reasons = (stop.why, *undone.words)
    return Move(
        dossier=replace(dossier, verdict=verdict.value, reasons=reasons, to_restore=undone.took),
        state=IncidentState.RESTORED,
        headline=f"{stop.why}; everything was restored",
        outcome="restored",
        data={"reasons": list(reasons)},
    )
