"""What a no means for the plans that come after it."""

from datetime import timedelta

from grace_workers.governance import Granted, Involvement, NeedsApproval, Proposer, Refused, Rejection, Role
from grace_workers.playbooks import Mode
from tests.unit.governance.kit import POLICY, WEDNESDAY_NOON, decided, facts, plan

HOUR = timedelta(hours=1)


def after_a_no(*proposers, since=HOUR, same_problem=True):
    no = Rejection(
        by="ann",
        reason="not during the sale",
        at=WEDNESDAY_NOON - since,
        mode=Mode.PERMISSION,
        role=Role.ADMIN,
        quorum=2,
        same_problem=same_problem,
    )
    return decided(plan(), facts(rejection=no, proposers=proposers))


def proposer(part, ago):
    return Proposer(by="bob", part=part, at=WEDNESDAY_NOON - ago)


def test_the_same_problem_does_not_bring_the_plan_back_by_itself():
    for decision in (
        after_a_no(),
        after_a_no(proposer(Involvement.SIGNAL, HOUR / 2)),
        after_a_no(proposer(Involvement.RETRY, 2 * HOUR)),
    ):
        assert isinstance(decision, Refused)
        assert "ann rejected mend_it on web at 2026-11-18 11:00 UTC: not during the sale" in decision.reason


def test_a_person_who_wants_it_again_brings_it_before_people_as_it_was_before():
    for part in (Involvement.RETRY, Involvement.REQUEST, Involvement.REPLAY):
        decision = after_a_no(proposer(part, HOUR / 2))
        assert isinstance(decision, NeedsApproval)
        assert (decision.mode, decision.role, decision.quorum) == (Mode.PERMISSION, Role.ADMIN, 2)
        assert "not during the sale" in decision.reasons[0]


def test_another_problem_is_asked_about_with_the_no_shown_and_never_acted_on_alone():
    decision = after_a_no(same_problem=False)
    assert isinstance(decision, NeedsApproval)
    assert "not during the sale" in decision.reasons[0]


def test_a_no_holds_for_as_long_as_the_policy_says():
    assert isinstance(after_a_no(since=POLICY.no_stands), Granted)
    assert isinstance(after_a_no(since=POLICY.no_stands - timedelta(seconds=1)), Refused)
