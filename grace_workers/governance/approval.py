"""Whose answer counts."""

from collections.abc import Sequence
from datetime import datetime

from grace_workers.governance.decision import Approval, ApprovalRequest, Refused, Role
from grace_workers.playbooks import Plan


def may_answer(request: ApprovalRequest, *, by: str, role: Role, now: datetime, plan_digest: str) -> Refused | None:
    """Return why this person's answer is not taken, or None when it is. `plan_digest` is of the plan as it is now."""
    reason = _closed(request, now, plan_digest) or _unfit(request, by, role)
    return Refused(gate="approval", reason=reason) if reason else None


def same_person(one: str, other: str) -> bool:
    """Return whether two names are of one person; case and surrounding spaces do not make another."""
    return one.strip().casefold() == other.strip().casefold()


def blocking_answer(plan: Plan, answers: Sequence[Approval]) -> Approval | None:
    """Return the first no to this very plan. Anybody's counts, the proposer's too."""
    return next((answer for answer in answers if not answer.approved and answer.plan_digest == plan.digest), None)


def supporters(
    plan: Plan, answers: Sequence[Approval], role: Role, asked: tuple[datetime | None, datetime]
) -> tuple[Approval, ...]:
    """Return the answers that say yes to this very plan, one per person, oldest first.

    An answer counts when its author has at least `role`, is not the proposer, and gave it between the asking and now.
    """
    since, now = asked
    found: dict[str, Approval] = {}
    for answer in sorted(answers, key=lambda item: (item.at, item.by)):
        fit = answer.approved and answer.plan_digest == plan.digest and answer.role.includes(role)
        timely = answer.at <= now and (since is None or answer.at >= since)
        if fit and timely and answer.by.strip() and not same_person(answer.by, plan.proposer):
            found.setdefault(answer.by.strip().casefold(), answer)
    return tuple(found.values())


def _closed(request: ApprovalRequest, now: datetime, plan_digest: str) -> str | None:
    if now >= request.expires_at:
        return f"the question expired at {request.expires_at:%Y-%m-%d %H:%M:%S} UTC; the plan does not run"
    if plan_digest != request.plan_digest:
        return "the plan has changed since it was put; answer the new question"
    if any(not answer.approved for answer in request.answers):
        return "the question is closed: somebody already said no"
    if sum(answer.approved for answer in request.answers) >= request.quorum:
        return "the question is closed: enough people have already agreed"
    return None


def _unfit(request: ApprovalRequest, by: str, role: Role) -> str | None:
    if not by.strip():
        return "an answer needs a name; sign in as a person"
    if same_person(by, request.proposer):
        return f"{by} proposed this plan and so cannot answer for it; ask somebody else"
    if not role.includes(request.role):
        return f"{by} is {role}; this question wants at least {request.role}"
    if any(same_person(by, answer.by) for answer in request.answers):
        return f"{by} has already answered; another person must"
    return None
