"""Changing a plan that waits for a person: its steps do the same with other params."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import ApprovalId
from grace_workers.governance import Involvement, Proposer
from grace_workers.orchestration.approvals import waiting
from grace_workers.orchestration.dossier import Dossier, Happening, Request, ResumedRun, standing
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.line.arrows import Mover
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.transition import advance_request, cleared, moved, record, urgency
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.playbooks import Plan, Step
from grace_workers.signals import IncidentState

Params = Mapping[str, JsonValue]
_LONGEST = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEdit:
    """What a person changes in a plan, by step and param, and why. What it does not name stays."""

    by: str
    reason: str
    params: Mapping[str, Params]


def edit(line: Line, question: ApprovalId, change: PlanEdit) -> Dossier:
    """Give the plan that a question is about other params, and let governance judge it anew.

    The plan gets another digest, so answers to the earlier one no longer count. If people are asked again, the person
    who changed the plan cannot approve it.

    Raises:
        NotFoundError: no such question.
        ConflictError: its incident waits for no answer, or has another plan by now.
        InputError: no reason was given, a step or param is unknown or does not fit, the step was done in the run that
            is resumed, or nothing would change.
    """
    if not change.reason.strip():
        raise InputError("give a short reason, so that others understand")
    now = line.clock.now()
    with line.ledger.transaction() as tx:
        asked = tx.approvals.get(question)
        before = waiting(tx, asked)
        plan = before.plan
        if plan is None or plan.id != asked.plan:
            raise ConflictError(f"question {question} is about an earlier plan; look at the newest one")
        resumes = before.request.resumes if before.request is not None else None
        edited, told = _edited(line, plan, change, () if resumes is None else _done(tx, plan, resumes))
        request = Request(playbook=plan.playbook, params={}, by=change.by, plan=edited, resumes=resumes)
        after = moved(replace(cleared(before), request=request), IncidentState.OPEN, now, Mover.OPERATOR)
        tx.incidents.save(after, expected_version=before.incident.version)
        headline = f"{change.by} changed the plan: {told}: {change.reason}"
        happening = Happening(at=now, stage="operator", state=IncidentState.OPEN.value, headline=headline, took=0.0)
        record(tx, after, happening, actor=change.by, outcome="edited")
        tx.approvals.involve([after.incident.id], Proposer(by=change.by, part=Involvement.EDIT, at=now))
        tx.jobs.submit([advance_request(after, Pool.ORCHESTRATION, urgency(after.incident.severity))])
    return after


def _done(tx: LineTransaction, plan: Plan, resumed: ResumedRun) -> Collection[str]:
    """Return the steps that stand: what they did is taken back by the params that they had."""
    return [row.step for row in standing(tx.journal.rows(resumed.plan), plan)]


def _edited(line: Line, plan: Plan, change: PlanEdit, done: Collection[str]) -> tuple[Plan, str]:
    """Return the plan with the new params, and what changes in words."""
    known = {step.id for step in plan.steps}
    unknown = [name for name in change.params if name not in known]
    if unknown:
        raise InputError(f"the plan has no step {unknown[0][:60]!r}; its steps: {', '.join(sorted(known))}")
    fixed = [name for name in done if name in change.params]
    if fixed:
        raise InputError(
            f"step {fixed[0]!r} is done already, so its params stay; reject the plan and retry the incident"
        )
    steps, told = [], []
    for step in plan.steps:
        changed, was = _changed(line, step, change.params.get(step.id, {}))
        steps.append(replace(step, params={**step.params, **changed}))
        told += [f"{step.id}.{name} from {_short(was[name])} to {_short(value)}" for name, value in changed.items()]
    if not told:
        raise InputError("that changes nothing in the plan; approve or reject it as it is")
    return replace(plan, steps=tuple(steps), proposer=change.by, reason=change.reason), ", ".join(told)


def _changed(line: Line, step: Step, given: Mapping[str, JsonValue]) -> tuple[Params, Params]:
    """Return the params that get another value, and all values before, each as its primitive reads it."""
    params, what = line.primitives[step.primitive].params, f"step {step.id!r} ({step.primitive})"
    after = params.read({**step.params, **given}, what).model_dump(mode="json")
    before = params.read(dict(step.params), what).model_dump(mode="json")
    return {name: after[name] for name in given if after[name] != before[name]}, before


def _short(value: JsonValue) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
