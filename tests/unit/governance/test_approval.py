from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.ids import ApprovalId, uuid7
from grace_workers.governance import ApprovalRequest, Involvement, Proposer, Role, may_answer, standing_no, too_many
from grace_workers.governance.approval import supporters
from grace_workers.playbooks import Mode
from tests.unit.governance.kit import POLICY, WEDNESDAY_NOON, approval, facts, plan

PLAN = plan(proposer="eve")
REQUEST = ApprovalRequest(
    id=ApprovalId(uuid7()),
    incident=PLAN.incident,
    plan=PLAN.id,
    plan_digest=PLAN.digest,
    proposer="eve",
    mode=Mode.PERMISSION,
    role=Role.APPROVER,
    quorum=2,
    requested_at=WEDNESDAY_NOON,
    expires_at=WEDNESDAY_NOON + timedelta(minutes=15),
)


SENT = Proposer(by="sue", part=Involvement.SIGNAL, at=WEDNESDAY_NOON)


def refusal(request=REQUEST, proposers=(SENT,), **changes):
    found = may_answer(request, approval(PLAN, **changes), proposers)
    return found.reason if found else None


def test_an_approver_may_answer_someone_elses_plan():
    assert refusal() is None
    assert refusal(role=Role.ADMIN) is None


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Involvement.SIGNAL, "sent a signal of this incident"),
        (Involvement.REQUEST, "asked for this"),
        (Involvement.RETRY, "retried this incident"),
        (Involvement.REPLAY, "replayed a job of this incident"),
    ],
)
@pytest.mark.parametrize("by", ["sue", "Sue ", "sue/phone", "client:sue", "\uff53\uff55\uff45"])
def test_a_person_who_caused_a_plan_may_refuse_it_but_not_approve_it(by, part, words):
    proposers = (Proposer(by="sue/laptop", part=part, at=WEDNESDAY_NOON),)
    assert words in refusal(proposers=proposers, by=by)
    assert refusal(proposers=proposers, by=by, approved=False) is None


def test_who_proposed_a_plan_may_refuse_it():
    assert refusal(by="eve", approved=False) is None


@pytest.mark.parametrize("by", ["celery:ada", "susan", "instance:ada", "s ue"])
def test_a_foreign_application_or_another_name_is_another_person(by):
    assert refusal(proposers=(Proposer(by=by, part=Involvement.SIGNAL, at=WEDNESDAY_NOON),)) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"by": "eve"}, "eve proposed this plan and therefore cannot approve it"),
        ({"by": "Eve "}, "proposed this plan"),
        ({"by": ""}, "needs a name"),
        ({"role": Role.OPERATOR}, "ada is operator; this question needs at least approver"),
        ({"at": REQUEST.expires_at}, "the question expired at 2026-11-18 12:15:00 UTC"),
        ({"plan_digest": "f" * 64}, "the plan has changed"),
    ],
)
def test_an_answer_that_does_not_count_is_not_taken(changes, words):
    assert words in refusal(**changes)


def test_only_others_support_a_plan_each_once_oldest_first():
    said = (
        approval(PLAN, by="eve"),
        approval(PLAN, by="bob"),
        approval(PLAN, by="ada", at=WEDNESDAY_NOON - timedelta(seconds=1)),
        approval(PLAN, by=" BOB"),
        approval(PLAN, by="bob/phone"),
        approval(PLAN, by="cyd", approved=False),
        approval(PLAN, by="dan", revoked=True),
        approval(PLAN, by="sue/phone"),
        approval(PLAN, by="fay", at=WEDNESDAY_NOON + timedelta(seconds=1)),
    )
    end = REQUEST.expires_at
    found = supporters(PLAN, facts(approvals=said, proposers=(SENT,)), Role.APPROVER, now=WEDNESDAY_NOON, before=end)
    assert [answer.by for answer in found] == ["ada", " BOB"]


def test_no_one_answers_twice():
    assert "ada has already answered" in refusal(replace(REQUEST, answers=(approval(PLAN, by="ADA"),)))


def test_a_question_that_is_decided_is_closed():
    no = approval(PLAN, by="bob", approved=False)
    assert "someone has already rejected it" in refusal(replace(REQUEST, answers=(no,)))
    enough = (approval(PLAN, by="bob"), approval(PLAN, by="cyd"))
    assert "enough people" in refusal(replace(REQUEST, answers=enough))


def test_a_yes_by_a_token_that_was_revoked_since_does_not_close_a_question():
    assert refusal(replace(REQUEST, quorum=1, answers=(approval(PLAN, by="bob", revoked=True),))) is None


MINUTE = timedelta(minutes=1)


def asked(at=WEDNESDAY_NOON, *answers, **changes):
    return replace(REQUEST, id=ApprovalId(uuid7()), requested_at=at, quorum=1, answers=answers, **changes)


def no(at, by="ann"):
    return approval(PLAN, by=by, approved=False, at=at, reason="not now")


def test_the_newest_no_holds_until_a_later_question_is_agreed_to():
    first = asked(WEDNESDAY_NOON, no(WEDNESDAY_NOON + MINUTE), signature="down")
    waiting = asked(WEDNESDAY_NOON + 2 * MINUTE)
    agreed = asked(WEDNESDAY_NOON + 3 * MINUTE, approval(PLAN, by="bob", at=WEDNESDAY_NOON + 4 * MINUTE))
    earlier = asked(WEDNESDAY_NOON - MINUTE, approval(PLAN, by="bob", at=WEDNESDAY_NOON))
    found = standing_no([waiting, earlier, first], "down")
    assert (found.by, found.reason, found.role, found.same_problem) == ("ann", "not now", Role.APPROVER, True)
    assert not standing_no([first], "slow").same_problem
    assert standing_no([first, waiting, agreed], "down") is None
    assert standing_no([waiting], "down") is None


def test_a_yes_that_a_revoked_token_gave_lifts_no_no():
    first = asked(WEDNESDAY_NOON, no(WEDNESDAY_NOON))
    yes = approval(PLAN, by="bob", at=WEDNESDAY_NOON + 4 * MINUTE, revoked=True)
    assert standing_no([first, asked(WEDNESDAY_NOON + MINUTE, yes)], "down") is not None


def test_open_questions_are_limited_by_target_and_by_person():
    waiting = [asked(target="web", proposer="grace") for _ in range(POLICY.questions_per_target)]
    nobody = dict.fromkeys([REQUEST.incident], ())
    assert "5 questions about web already wait" in too_many(plan(), (), waiting, nobody, POLICY).reason
    assert too_many(plan(), (), waiting[1:], nobody, POLICY) is None
    others = [asked(target=f"t{n}", proposer="grace") for n in range(POLICY.questions_per_proposer)]
    by_sue = {REQUEST.incident: (SENT,)}
    again = (Proposer(by="SUE/phone", part=Involvement.RETRY, at=WEDNESDAY_NOON),)
    assert "20 questions that sue brought about already wait" in too_many(plan(), again, others, by_sue, POLICY).reason
    assert too_many(plan(), (), others, by_sue, POLICY) is None
    machine = (Proposer(by="instance:here", part=Involvement.SIGNAL, at=WEDNESDAY_NOON),)
    assert too_many(plan(), machine, others, {REQUEST.incident: machine}, POLICY) is None
