"""Breaking the glass: one operator approves alone, in an emergency, and everyone is told."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.actions import Ownership
from grace_workers.foundation.ids import ApprovalId, uuid7
from grace_workers.governance import (
    Approval,
    ApprovalRequest,
    Granted,
    Involvement,
    NeedsApproval,
    Proposer,
    Refused,
    Role,
    may_answer,
)
from grace_workers.playbooks import Mode
from tests.unit.governance.kit import WEB, WEDNESDAY_NOON, approval, decided, facts, plan, target

HERS = plan(mode=Mode.PERMISSION, proposer="ada")
QUESTION = ApprovalRequest(
    id=ApprovalId(uuid7()),
    incident=HERS.incident,
    plan=HERS.id,
    plan_digest=HERS.digest,
    proposer="ada",
    mode=Mode.PERMISSION,
    role=Role.APPROVER,
    quorum=2,
    requested_at=WEDNESDAY_NOON,
    expires_at=WEDNESDAY_NOON + timedelta(minutes=15),
)
ALONE = approval(HERS, "ada", role=Role.OPERATOR, breaks_glass=True, reason="the site is down")


def known(*answers: Approval, **changes):
    return facts(targets={WEB: target(Ownership.EXTERNAL)}, approvals=answers, **changes)


def test_an_operator_may_approve_alone_even_what_they_proposed():
    proposers = [Proposer(by="ada", part=Involvement.REQUEST, at=WEDNESDAY_NOON)]
    assert may_answer(QUESTION, ALONE, proposers) is None
    assert may_answer(QUESTION, replace(ALONE, breaks_glass=False), proposers) is not None
    decision = decided(HERS, known(ALONE))
    assert isinstance(decision, Granted)
    assert decision.by == ("ada",)
    assert decision.reasons[0] == "ada broke the glass: the site is down"
    assert not decision.automatic


def test_less_than_an_operator_may_not():
    assert may_answer(QUESTION, replace(ALONE, role=Role.VIEWER)) is not None
    assert isinstance(decided(HERS, known(replace(ALONE, role=Role.VIEWER))), NeedsApproval)


def test_a_revoked_token_an_expired_question_and_another_plan_break_nothing():
    assert isinstance(decided(HERS, known(replace(ALONE, revoked=True))), NeedsApproval)
    assert isinstance(decided(HERS, known(replace(ALONE, plan_digest="0" * 64))), NeedsApproval)
    late = WEDNESDAY_NOON + timedelta(hours=1)
    assert isinstance(decided(HERS, known(replace(ALONE, at=late), asked_at=WEDNESDAY_NOON), late), Refused)
    assert may_answer(QUESTION, replace(ALONE, at=late)) is not None


def test_a_no_and_the_kill_switch_stay_stronger():
    no = approval(HERS, "ben", approved=False)
    assert isinstance(decided(HERS, known(ALONE, no)), Refused)
    assert isinstance(decided(HERS, known(ALONE, kill=None)), Refused)
    assert may_answer(replace(QUESTION, answers=(ALONE,)), approval(HERS, "cyd")) is not None
