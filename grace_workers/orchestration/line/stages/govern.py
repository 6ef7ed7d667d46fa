"""planned, awaiting_approval -> granted, awaiting_approval or refused: gather facts, let governance decide."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from grace_workers.actions import BlastRadius, Preview
from grace_workers.foundation.errors import ConflictError, GraceError, TransientError
from grace_workers.foundation.ids import ApprovalId, uuid7
from grace_workers.governance import (
    ApprovalRequest,
    Facts,
    Granted,
    NeedsApproval,
    Policy,
    Refused,
    StepTraits,
    WindowEffect,
    decide,
    in_force,
    standing_no,
    too_many,
)
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.events.topics.approval_asked import DEFINITION as APPROVAL_ASKED
from grace_workers.orchestration.events.topics.approval_asked import approval_asked
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.ending import planned
from grace_workers.orchestration.line.execution import previews
from grace_workers.orchestration.line.move import Move, StageResult, Wait, Write
from grace_workers.orchestration.line.moves import look_again, refuse, risk_words
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.storm import surroundings
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.autonomy import AutonomyStore
from grace_workers.orchestration.stores.storm import StormStore
from grace_workers.orchestration.stores.windows import WindowStore
from grace_workers.playbooks import Plan, Step
from grace_workers.signals import IncidentState

BUSY = "busy_target"

WHOLE = BlastRadius(count=1, unit="targets", share=1.0)
"""What a step is taken to touch at worst, if its primitive declares nothing."""

_THAWS = timedelta(minutes=5)
"""How soon a freeze is noticed that ends before its time."""


def govern(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Return governance's decision; an open question is looked at again on an answer and at its expiry."""
    del claim
    plan, now = planned(dossier), line.clock.now()
    facts, questions = gather_facts(line, dossier, plan)
    decision = decide(plan, facts, now, gates=line.gates, policy=line.policy)
    match decision:
        case Granted() if _is_old(line, dossier):
            result: StageResult = look_again(line, dossier, "the freeze is over, and the plan is as old as it")
        case Granted():
            result = _granted(dossier, decision)
        case NeedsApproval():
            result = _wait(line, dossier, decision, questions[0]) if questions else _ask(line, dossier, decision, facts)
        case Refused(retry_at=datetime() as retry_at) if _until_thaw(facts, retry_at, now):
            result = _frozen(line, dossier, decision, retry_at)
        case Refused(gate=gate) if gate == BUSY:
            result = look_again(line, dossier, decision.reason)
        case Refused(retry_at=datetime() as retry_at) if retry_at - dossier.incident.updated_at < line.patience:
            result = _later(dossier, decision, max(retry_at, now + line.busy_wait))
        case Refused():
            result = refuse(dossier, decision)
    if isinstance(result, Wait):
        return result
    return replace(result, writes=(*result.writes, *map(_as_answered, questions)))


def _later(dossier: Dossier, refused: Refused, until: datetime) -> Wait:
    """Return the wait. The timeline shows only the first of several waits for the same gate."""
    keeps = replace(dossier, held_back_by=refused.gate)
    return Wait(until=until, why=refused.reason, keeps=keeps, told=dossier.held_back_by != refused.gate)


def gather_facts(line: Line, dossier: Dossier, plan: Plan) -> tuple[Facts, Sequence[ApprovalRequest]]:
    """Read everything that gates may ask for, and the questions asked about this very plan.

    Facts that cannot be read stay None, which counts as no.
    """
    incident, now, around = dossier.incident, line.clock.now(), surroundings(line, plan)
    named, since = {plan.target, *plan.targets}, now - line.policy.no_stands
    with line.ledger.reading() as tx:
        asked = tx.approvals.concerning(incident.id, plan.playbook, plan.target, since=since)
        proposers = tx.approvals.involved([incident.id])[incident.id]
        history = tx.journal.history(plan.playbook, named, now)
        switches = tx.switches.read_all(["kill", "freeze"])
        load = tx[StormStore].load(around.query, now)
        levels = tx[AutonomyStore].known(plan.playbook, plan.domain)
        windows = tuple(tx[WindowStore].open(now))
    questions = [one for one in asked if one.plan == plan.id]
    traits = _traits(line, plan)
    facts = Facts(
        targets={name: line.targets[name] for name in named if name in line.targets},
        steps=None if isinstance(traits, str) else traits,
        obstacle=traits if isinstance(traits, str) else "",
        history=history,
        kill=switches["kill"],
        freeze=switches["freeze"],
        busy=load.held,
        approvals=tuple(answer for one in questions for answer in one.answers),
        proposers=tuple(proposers),
        rejection=standing_no(_earlier(asked, plan, since), incident.signature),
        asked_at=min((one.requested_at for one in questions), default=None),
        environment=line.environment,
        windows=windows,
        load=load,
        scopes=around.scopes,
        members=around.members,
        upstream=around.upstream,
        autonomy=in_force(plan.playbook, plan.domain, levels, line.policy.autonomy),
        flapping=incident.flapping,
    )
    return facts, questions


def _earlier(asked: Sequence[ApprovalRequest], plan: Plan, since: datetime) -> list[ApprovalRequest]:
    """Return the questions about other plans of the same playbook and target that were answered after `since`."""
    return [
        one
        for one in asked
        if one.plan != plan.id
        and (one.playbook, one.target) == (plan.playbook, plan.target)
        and any(given.at > since for given in one.answers)
    ]


def _traits(line: Line, plan: Plan) -> tuple[StepTraits, ...] | str:
    """Return what each step is like, or why that cannot be told."""
    try:
        looks = [_look(line, step) for step in plan.steps]
    except TransientError:
        raise
    except GraceError as error:
        return str(error)
    return tuple(
        StepTraits(
            aspect=line.primitives[step.primitive].aspect,
            risk=line.primitives[step.primitive].risk,
            reversible=line.primitives[step.primitive].irreversible is None,
            blast=look.blast,
            put_back_by=look.put_back_by,
        )
        for step, look in zip(plan.steps, looks, strict=True)
    )


def _look(line: Line, step: Step) -> Preview:
    """Return what a step would touch; one that may only become possible later counts as the widest."""
    try:
        return previews(line, [step])[0]
    except TransientError:
        raise
    except GraceError:
        if step.certain:
            raise
        return Preview(changes=(), blast=line.primitives[step.primitive].worst or WHOLE)


def _granted(dossier: Dossier, granted: Granted) -> Move:
    return Move(
        dossier=replace(dossier, granted=granted),
        state=IncidentState.GRANTED,
        headline=f"granted ({granted.mode}): {'; '.join(granted.reasons)}",
        data={"mode": granted.mode.value, "by": list(granted.by), "risk": risk_words(granted.risk)},
    )


def _until_thaw(facts: Facts, retry_at: datetime, now: datetime) -> bool:
    """Return whether a refusal lasts until a freeze ends."""
    freezes = [one for one in facts.windows or () if one.effect is WindowEffect.FREEZE]
    return any(one.in_force(now) == retry_at for one in freezes)


def _frozen(line: Line, dossier: Dossier, refused: Refused, until: datetime) -> Wait:
    """Wait for the end of a freeze; the timeline tells of it once."""
    now = line.clock.now()
    told = now - dossier.incident.updated_at < _THAWS
    return Wait(until=max(min(until, now + _THAWS), now + line.busy_wait), why=refused.reason, told=told)


def _is_old(line: Line, dossier: Dossier) -> bool:
    """Return whether a plan that nobody was asked about has waited so long that its diagnosis may no longer hold."""
    planned = dossier.incident.state is IncidentState.PLANNED
    return planned and line.clock.now() - dossier.incident.updated_at >= line.patience


def _wait(line: Line, dossier: Dossier, needs: NeedsApproval, asked: ApprovalRequest) -> StageResult:
    if needs.quorum > asked.quorum or not asked.role.includes(needs.role):
        # No one could answer a question that asks for less than is required now.
        return look_again(line, dossier, f"more approval is needed than before: {'; '.join(needs.reasons)}")
    # Never the very moment that this job was queued for, or it would take itself for the waiting job.
    return Wait(until=max(needs.expires_at, line.clock.now() + line.busy_wait), why="people have not answered yet")


def _ask(line: Line, dossier: Dossier, needs: NeedsApproval, facts: Facts) -> Move:
    plan, now = planned(dossier), line.clock.now()
    with line.ledger.reading() as tx:
        crowded = _crowded(tx, plan, facts, line.policy, now)
    if crowded is not None:
        return refuse(dossier, crowded)
    request = _question(dossier, plan, needs, now)
    people = f"{needs.quorum} of role {needs.role} or above"
    return Move(
        dossier=dossier,
        state=IncidentState.AWAITING_APPROVAL,
        headline=f"asks {people} until {needs.expires_at:%H:%M:%S} UTC: {'; '.join(needs.reasons)}",
        outcome="asked",
        data={
            "approval": str(request.id),
            "mode": needs.mode.value,
            "risk": risk_words(needs.risk),
            "plan_digest": request.plan_digest,
        },
        writes=(_asks(request, plan, facts, line.policy),),
        wake_at=needs.expires_at,
    )


def _question(dossier: Dossier, plan: Plan, needs: NeedsApproval, now: datetime) -> ApprovalRequest:
    return ApprovalRequest(
        id=ApprovalId(uuid7()),
        incident=dossier.incident.id,
        plan=plan.id,
        plan_digest=plan.digest,
        proposer=plan.proposer,
        mode=needs.mode,
        role=needs.role,
        quorum=needs.quorum,
        requested_at=now,
        expires_at=needs.expires_at,
        playbook=plan.playbook,
        target=plan.target,
        signature=dossier.incident.signature,
        reasons=needs.reasons,
    )


def _asks(request: ApprovalRequest, plan: Plan, facts: Facts, policy: Policy) -> Write:
    def ask(tx: LineTransaction, now: datetime) -> None:
        tx.approvals.lock()
        if _crowded(tx, plan, facts, policy, now) is not None:
            raise ConflictError(
                "other questions were asked at the same moment, and the limit of open questions is reached"
            )
        tx.approvals.ask(request)
        tx.events.publish(APPROVAL_ASKED, approval_asked(request))

    return ask


def _crowded(tx: LineTransaction, plan: Plan, facts: Facts, policy: Policy, now: datetime) -> Refused | None:
    waiting = tx.approvals.pending(now)
    involved = tx.approvals.involved({one.incident for one in waiting})
    return too_many(plan, facts.proposers, waiting, involved, policy)


def _as_answered(question: ApprovalRequest) -> Write:
    """Make sure that the decision includes every answer: one that arrived meanwhile was accepted, so it counts."""

    def check(tx: LineTransaction, _now: datetime) -> None:
        if tx.approvals.get(question.id).answers != question.answers:
            raise ConflictError(f"approval {question.id} was answered at the same moment")

    return check
