"""Going on with a run that people were left with: from the step that failed, or for the targets that failed alone."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain

from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import IncidentId
from grace_workers.governance import Involvement, Proposer
from grace_workers.orchestration.dossier import Dossier, Happening, JournalRow, Request, ResumedRun, StepState
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.line.arrows import Mover
from grace_workers.orchestration.line.transition import advance_request, cleared, moved, record, urgency
from grace_workers.orchestration.stores import LineLedger
from grace_workers.playbooks import Plan, StepTurn
from grace_workers.signals import IncidentState

_UNSURE = frozenset({StepState.INTENDED, StepState.FAILED, StepState.RESTORING, StepState.RESTORE_FAILED})


def resume(
    ledger: LineLedger, clock: Clock, incident: IncidentId, *, by: str, reason: str, failed_only: bool = False
) -> Dossier:
    """Send an escalated incident through the line again with its own plan: what was done stands, the rest is taken.

    The plan is governed and contracted like any other, and the operator cannot approve it. With `failed_only`, targets
    of a rolling step whose turn never came are left out.

    Raises:
        NotFoundError: no such incident.
        ConflictError: it is not escalated, has no run, or a step of it could not be restored.
        InputError: no reason was given.
    """
    if not reason.strip():
        raise InputError("give a short reason, so that others understand")
    now = clock.now()
    with ledger.transaction() as tx:
        before = tx.incidents.load(incident)
        state, plan = before.incident.state, before.plan
        if state is not IncidentState.ESCALATED or plan is None:
            raise ConflictError(f"incident {incident} is {state}; only an escalated one with a plan can be resumed")
        rows = {row.step: row for row in tx.journal.rows(plan.id)}
        rest = replace(_rest(plan, rows, failed_only=failed_only), proposer=by, reason=reason)
        resumed = ResumedRun(plan=plan.id, baseline=before.baseline, answers=before.answered)
        request = Request(playbook=plan.playbook, params={}, by=by, plan=rest, resumes=resumed)
        after = moved(replace(cleared(before), request=request), IncidentState.OPEN, now, Mover.OPERATOR)
        tx.incidents.save(after, expected_version=before.incident.version)
        headline = f"{by} resumes {plan.playbook}: {reason}"
        happening = Happening(at=now, stage="operator", state=IncidentState.OPEN.value, headline=headline, took=0.0)
        record(tx, after, happening, actor=by, outcome="resumed")
        tx.approvals.involve([incident], Proposer(by=by, part=Involvement.RETRY, at=now))
        tx.jobs.submit([advance_request(after, Pool.ORCHESTRATION, urgency(after.incident.severity))])
    return after


def _rest(plan: Plan, rows: Mapping[str, JournalRow], *, failed_only: bool) -> Plan:
    """Return the plan with the steps that its next run has, standing ones included."""
    unsure = [row.step for row in rows.values() if row.state in _UNSURE]
    if unsure:
        said = f"what {', '.join(unsure)} did, or may have done, was not restored"
        raise ConflictError(f"{said}; put it right by hand, then retry the incident")
    if not rows:
        raise ConflictError("the run saved nothing and did nothing; retry the incident instead")
    turns = chain.from_iterable(one.turns for one in plan.rounds)
    kept = [turn for turn in turns if not failed_only or turn.step.group is None or _begun(turn, rows)]
    steps = [one for turn in kept for one in (turn.step, turn.fallback) if one is not None]
    touched = {step.target for step in plan.steps} - {step.target for step in steps}
    return replace(
        plan,
        steps=tuple(replace(step, index=index) for index, step in enumerate(steps)),
        # What is expected of a target that is left out now cannot be met by this run.
        expectations=tuple(one for one in plan.expectations if one.target not in touched) or plan.expectations,
    )


def _begun(turn: StepTurn, rows: Mapping[str, JournalRow]) -> bool:
    row = rows.get(turn.step.id)
    return row is not None and row.state is not StepState.SNAPSHOTTED
