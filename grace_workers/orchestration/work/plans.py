"""Ready plans: what an operator, an agent, a chaos card or a cycle has planned enters the line at governance."""

from dataclasses import replace

from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.governance import Involvement, Proposer
from grace_workers.orchestration.dossier import Dossier, Request
from grace_workers.orchestration.job import Claim, Ending, Job, JobRequest, Pool, Priority, senders
from grace_workers.orchestration.line.advance import advance
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import Transaction
from grace_workers.orchestration.work.requests import asked_for, opened_once
from grace_workers.orchestration.work.wishes import PlanPayload, PlanTask
from grace_workers.playbooks import Plan, ReadyPlan, bind_ready
from grace_workers.signals import IncidentState

PLAN = "grace.plan"


def submit_plan(tx: Transaction, task: PlanTask, *, by: str) -> Job:
    """Submit a ready plan inside the caller's transaction; its job ends with the incident."""
    return tx.jobs.submit([plan_request(task, by=by)])[0]


def plan_request(task: PlanTask, *, by: str) -> JobRequest:
    """Return the job of a ready plan that `by` proposes."""
    return JobRequest(
        name=PLAN,
        pool=Pool.ORCHESTRATION,
        payload=PlanPayload(plan=task.plan, by=by).model_dump(mode="json"),
        priority=Priority(task.priority),
        dedupe_key=senders(task.dedupe_key),
        by=by,
    )


def bound(line: Line, plan: ReadyPlan, *, incident: IncidentId, proposer: str) -> Plan:
    """Return the plan as it would be governed.

    Raises:
        InputError: a primitive, check or target is unknown, or a param does not fit.
    """
    return bind_ready(plan, line.primitives, line.checks, line.targets, incident=incident, proposer=proposer)


def run_plan(line: Line, claim: Claim) -> Ending:
    """Run a ready plan's job: open its incident as planned and advance it. Running it twice opens one incident.

    Raises:
        InputError: the plan does not fit; nothing was opened.
    """
    task = PlanPayload.read(dict(claim.job.payload), "ready plan")
    dossier = _dossier(line, task, claim)
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        incident = opened_once(tx, dossier)
        for by in dict.fromkeys((task.by, *claim.job.asked_by)):
            tx.approvals.involve([incident], Proposer(by=by, part=Involvement.REQUEST, at=claim.job.submitted_at))
    return advance(line, claim, incident)


def _dossier(line: Line, task: PlanPayload, claim: Claim) -> Dossier:
    incident_id = IncidentId(uuid7())
    plan = bound(line, task.plan, incident=incident_id, proposer=task.by)
    asked = asked_for(line, claim, what=plan.playbook, target=plan.target, reason=plan.reason, by=task.by)
    incident = replace(asked.incident, id=incident_id, state=IncidentState.PLANNED)
    wish = Request(playbook=plan.playbook, params={}, by=task.by, plan=plan)
    return replace(asked, incident=incident, request=wish, plan=plan)
