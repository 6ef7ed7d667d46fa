"""People's answers: judged by governance's rules, recorded, and passed on to the line."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.ids import ApprovalId, IncidentId
from grace_workers.governance import Approval, ApprovalRequest, Role, may_answer
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.events.topics.approval_answered import DEFINITION as APPROVAL_ANSWERED
from grace_workers.orchestration.events.topics.approval_answered import approval_answered
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.line.transition import advance_request, urgency
from grace_workers.orchestration.stand_ins import places
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.signals import IncidentState

_LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One person's answer to a question, and the token it was given with."""

    by: str
    role: Role
    approved: bool
    reason: str
    token: str = ""
    breaks_glass: bool = False


Alarm = Callable[[LineTransaction, Dossier], None]


def answer(
    ledger: LineLedger, clock: Clock, request: ApprovalId, reply: Reply, *, alarm: Alarm | None = None
) -> ApprovalRequest:
    """Record one person's answer and let the line look again; return the question with all answers.

    `alarm` tells people, in the same transaction, that the glass was broken.

    Raises:
        NotFoundError: no such question.
        InputError: the reason is missing or too long.
        ConflictError: governance does not accept this answer: expired, closed, wrong role, given before, or a yes from
            someone who caused the plan.
    """
    if not reply.reason.strip() or len(reply.reason) > _LONGEST_REASON:
        raise InputError(f"an answer needs a reason of 1 to {_LONGEST_REASON} characters; say why")
    now = clock.now()
    with ledger.transaction() as tx:
        asked = tx.approvals.get(request)
        dossier = waiting(tx, asked)
        # An answer to a question about an earlier plan would not count, even if both plans do the same.
        plan = dossier.plan
        digest = plan.digest if plan is not None and plan.id == asked.plan else ""
        role, others = places(tx, clock, reply.by, reply.role)
        given = Approval(**{**asdict(reply), "role": role}, at=now, plan_digest=digest, stands_in_for=others)
        objection = may_answer(asked, given, tx.approvals.involved([asked.incident])[asked.incident])
        if objection is not None:
            raise ConflictError(objection.reason)
        tx.approvals.answer(request, given)
        if given.breaks_glass and alarm is not None:
            alarm(tx, dossier)
        tx.audit.append(_entry(asked, given))
        tx.events.publish(APPROVAL_ANSWERED, approval_answered(asked, given))
        job = advance_request(dossier, Pool.ORCHESTRATION, urgency(dossier.incident.severity))
        # The job that waits for the expiry has another key, and two answers may come at once, so each answer rings.
        tx.jobs.submit([replace(job, dedupe_key=f"{job.dedupe_key}:{given.by}")])
    return replace(asked, answers=(*asked.answers, given))


def pending(ledger: LineLedger, clock: Clock) -> Sequence[ApprovalRequest]:
    """Return the questions that wait for people, oldest first."""
    with ledger.transaction() as tx:
        return tx.approvals.pending(clock.now())


def of_incident(ledger: LineLedger, incident: IncidentId) -> ApprovalRequest:
    """Return the incident's newest question.

    Raises:
        NotFoundError: there is no such incident, or it has no question.
    """
    with ledger.transaction() as tx:
        tx.incidents.load(incident)
        asked = tx.approvals.of_incident(incident)
    if not asked:
        raise NotFoundError(f"no question was asked about incident {incident}")
    return asked[0]


def waiting(tx: LineTransaction, asked: ApprovalRequest) -> Dossier:
    """Return the incident of a question. Raises ConflictError if it waits for no answer."""
    dossier = tx.incidents.load(asked.incident)
    if dossier.incident.state is not IncidentState.AWAITING_APPROVAL:
        raise ConflictError(f"incident {asked.incident} is {dossier.incident.state}; it is not waiting for an answer")
    return dossier


def _entry(asked: ApprovalRequest, given: Approval) -> Entry:
    return Entry(
        at=given.at,
        actor=given.by,
        action="approval.broke_glass" if given.breaks_glass else "approval.answered",
        subject=f"approval:{asked.id}",
        incident=asked.incident,
        outcome="approved" if given.approved else "rejected",
        data={
            "reason": given.reason,
            "role": given.role.value,
            "plan_digest": given.plan_digest,
            **({"stands_in_for": list(given.stands_in_for)} if given.stands_in_for else {}),
        },
    )
