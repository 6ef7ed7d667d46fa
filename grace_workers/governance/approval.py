"""Whose answer counts, what a no means later, and how many questions may wait."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from grace_workers.foundation.ids import IncidentId
from grace_workers.governance.decision import (
    Approval,
    ApprovalRequest,
    Facts,
    Involvement,
    Proposer,
    Refused,
    Rejection,
    Role,
)
from grace_workers.governance.policy import Policy
from grace_workers.playbooks import FLEET, Plan

# A program in the fleet's database chooses the name after this prefix itself, so the name can bar and never help.
_CLIENT = "client:"
_MACHINES = ("instance:", "node:")
_WANTS = frozenset({Involvement.REQUEST, Involvement.RETRY, Involvement.EDIT})
_DID: Mapping[Involvement, str] = {
    Involvement.SIGNAL: "sent a signal of this incident",
    Involvement.REQUEST: "asked for this",
    Involvement.RETRY: "retried this incident",
    Involvement.REPLAY: "replayed a job of this incident",
    Involvement.EDIT: "changed the plan of this incident",
}


def may_answer(request: ApprovalRequest, given: Approval, proposers: Sequence[Proposer] = ()) -> Refused | None:
    """Return why this answer is not accepted, or None if it is. Its `plan_digest` is of the current plan.

    A no is accepted from everyone with the role, a yes only from those who did not cause the plan. A yes that
    breaks the glass is accepted from every operator.
    """
    reason = _closed(request, given) or _unfit(request, given) or _involved(request, given, proposers)
    return Refused(gate="approval", reason=reason) if reason else None


def same_person(one: str, other: str) -> bool:
    """Return whether two names are of one person; case, spacing, width or token make no difference."""
    return _person(one) == _person(other)


def is_fleet(name: str) -> bool:
    """Return whether the fleet itself acted under this name. No token can have it."""
    return name == FLEET or name.startswith(_MACHINES)


def wanted(plan: Plan, facts: Facts) -> bool:
    """Return whether a person asked for the plan or agreed to it; without, running it is the fleet's own doing."""
    asked = not is_fleet(plan.proposer) or any(one.part in _WANTS for one in facts.proposers)
    return asked or any(
        answer.approved and answer.plan_digest == plan.digest and not answer.revoked for answer in facts.approvals
    )


def blocking_answer(plan: Plan, answers: Sequence[Approval]) -> Approval | None:
    """Return the first no to this very plan. Anyone's counts, even the proposer's and that of a revoked token."""
    return next((answer for answer in answers if not answer.approved and answer.plan_digest == plan.digest), None)


def supporters(plan: Plan, facts: Facts, role: Role, *, now: datetime, before: datetime) -> tuple[Approval, ...]:
    """Return the answers that say yes to this very plan, one per person, oldest first.

    An answer counts when its author has at least `role` and did not cause the plan, its token is not revoked, and
    it was given after the question and before now and `before`, the expiry. A stand-in and those whose places they
    take are one person.
    """
    barred = [plan.proposer, *(one.by for one in facts.proposers)]
    found: list[Approval] = []
    for answer in sorted(facts.approvals, key=lambda item: (item.at, item.by)):
        fit = answer.approved and answer.plan_digest == plan.digest and answer.role.includes(role)
        timely = answer.at <= now and answer.at < before and (facts.asked_at is None or answer.at >= facts.asked_at)
        own = not answer.by.strip() or _shares(answer.persons, barred)
        if fit and timely and not own and not answer.revoked and not any(_together(answer, one) for one in found):
            found.append(answer)
    return tuple(found)


def _shares(some: Sequence[str], others: Sequence[str]) -> bool:
    return any(same_person(one, other) for one in some for other in others)


def _together(one: Approval, other: Approval) -> bool:
    return _shares(one.persons, other.persons)


def broken_glass(plan: Plan, facts: Facts, *, now: datetime, before: datetime) -> Approval | None:
    """Return the yes to this very plan that breaks the glass, given before now and `before`, the expiry."""
    return next(
        (
            answer
            for answer in facts.approvals
            if answer.approved
            and answer.breaks_glass
            and not answer.revoked
            and answer.plan_digest == plan.digest
            and answer.role.includes(Role.OPERATOR)
            and answer.at <= now
            and answer.at < before
        ),
        None,
    )


def standing_no(questions: Sequence[ApprovalRequest], signature: str) -> Rejection | None:
    """Return the newest no to these questions about one playbook on one target, unless a later question was agreed to.

    Those who agreed to the later question saw the no.
    """
    answered = [question for question in questions if question.answers]
    for question in sorted(answered, key=lambda one: max(answer.at for answer in one.answers), reverse=True):
        no = next((answer for answer in question.answers if not answer.approved), None)
        if no is not None:
            return Rejection(
                by=no.by,
                reason=no.reason,
                at=no.at,
                mode=question.mode,
                role=question.role,
                quorum=question.quorum,
                same_problem=question.signature == signature,
            )
        if _agreed(question) >= question.quorum:
            return None
    return None


def too_many(
    plan: Plan,
    proposers: Sequence[Proposer],
    waiting: Sequence[ApprovalRequest],
    involved: Mapping[IncidentId, Sequence[Proposer]],
    policy: Policy,
) -> Refused | None:
    """Return why people are not asked about one more plan, or None when they are.

    `waiting` are the open questions, and `involved` says who caused their incidents. The fleet itself may ask about
    any number of targets.
    """
    on_target = sum(question.target == plan.target for question in waiting)
    if on_target >= policy.questions_per_target:
        return _crowded(f"{on_target} questions about {plan.target} already wait for people")
    brought = Counter(
        person for question in waiting for person in _people(question.proposer, involved[question.incident])
    )
    most = max(_people(plan.proposer, proposers), key=lambda person: brought[person], default="")
    if brought[most] >= policy.questions_per_proposer:
        return _crowded(f"{brought[most]} questions that {most} brought about already wait for people")
    return None


def _people(proposer: str, proposers: Sequence[Proposer]) -> frozenset[str]:
    return frozenset(_person(name) for name in (proposer, *(one.by for one in proposers)) if not is_fleet(name))


def _crowded(what: str) -> Refused:
    return Refused(gate="open_questions", reason=f"{what}, which is the limit; answer some of them, then retry")


def _person(name: str) -> str:
    """Return the person's part of `person/token`, with look-alikes made equal."""
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    return plain.removeprefix(_CLIENT).partition("/")[0].strip()


def _agreed(request: ApprovalRequest) -> int:
    yes = [answer for answer in request.answers if answer.approved and not answer.revoked]
    return request.quorum if any(answer.breaks_glass for answer in yes) else len(yes)


def _closed(request: ApprovalRequest, given: Approval) -> str | None:
    if given.at >= request.expires_at:
        return f"the question expired at {request.expires_at:%Y-%m-%d %H:%M:%S} UTC; the plan is not running"
    if given.plan_digest != request.plan_digest:
        return "the plan has changed since the question was asked; answer the new question"
    if any(not answer.approved for answer in request.answers):
        return "the question is closed: someone has already rejected it"
    if _agreed(request) >= request.quorum:
        return "the question is closed: enough people have already agreed"
    return None


def _unfit(request: ApprovalRequest, given: Approval) -> str | None:
    by = given.by
    if not by.strip():
        return "an answer needs a name; use a token that names a person"
    least = Role.OPERATOR if given.breaks_glass and given.approved else request.role
    if not given.role.includes(least):
        return f"{by} is {given.role}; this question needs at least {least}"
    if any(same_person(by, answer.by) for answer in request.answers):
        return f"{by} has already answered; another person must answer too"
    other = next((answer for answer in request.answers if _together(given, answer)), None)
    if other is not None:
        return (
            f"{by} and {other.by}, who has already answered, stand in for one another; another person must answer too"
        )
    return None


def _involved(request: ApprovalRequest, given: Approval, proposers: Sequence[Proposer]) -> str | None:
    if not given.approved or given.breaks_glass:
        return None
    for person in given.persons:
        did = "proposed this plan" if same_person(person, request.proposer) else None
        did = did or next((_DID[one.part] for one in proposers if same_person(person, one.by)), None)
        if did is not None:
            who = given.by if person == given.by else f"{given.by} stands in for {person}, who"
            return f"{who} {did} and therefore cannot approve it; ask someone else"
    return None
