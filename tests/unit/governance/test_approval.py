from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.ids import ApprovalId, uuid7
from grace_workers.governance import ApprovalRequest, Role, may_answer
from grace_workers.governance.approval import supporters
from grace_workers.playbooks import Mode
from tests.unit.governance.kit import WEDNESDAY_NOON, approval, plan

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


def refusal(request=REQUEST, **changes):
    given = {"by": "ada", "role": Role.APPROVER, "now": WEDNESDAY_NOON, "plan_digest": PLAN.digest}
    found = may_answer(request, **{**given, **changes})
    return found.reason if found else None


def test_an_approver_may_answer_somebody_elses_plan():
    assert refusal() is None
    assert refusal(role=Role.ADMIN) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"by": "eve"}, "eve proposed this plan and so cannot answer for it"),
        ({"by": "Eve "}, "proposed this plan"),
        ({"by": ""}, "needs a name"),
        ({"role": Role.OPERATOR}, "ada is operator; this question wants at least approver"),
        ({"now": REQUEST.expires_at}, "the question expired at 2026-11-18 12:15:00 UTC"),
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
        approval(PLAN, by="cyd", approved=False),
    )
    found = supporters(PLAN, said, Role.APPROVER, (None, WEDNESDAY_NOON))
    assert [answer.by for answer in found] == ["ada", " BOB"]


def test_nobody_answers_twice():
    assert "ada has already answered" in refusal(replace(REQUEST, answers=(approval(PLAN, by="ADA"),)))


def test_a_question_that_is_decided_is_closed():
    no = approval(PLAN, by="bob", approved=False)
    assert "somebody already said no" in refusal(replace(REQUEST, answers=(no,)))
    enough = (approval(PLAN, by="bob"), approval(PLAN, by="cyd"))
    assert "enough people" in refusal(replace(REQUEST, answers=enough))
