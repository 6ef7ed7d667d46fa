"""People's answers: yes, no, too late, by the wrong person, to a question that is not asked any more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import IncidentId
from grace_workers.governance import ApprovalRequest, Policy, Role
from grace_workers.orchestration import approvals, switches
from grace_workers.orchestration.approvals import Reply
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.job import Pool, Priority
from grace_workers.orchestration.line.transition import advance_request
from grace_workers.orchestration.work import requests
from grace_workers.signals import IncidentState
from tests.builders import PARTNER, Ward, episode, plan

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ward() -> Ward:
    return Ward()


@pytest.fixture
def asked(ward: Ward) -> IncidentId:
    incident = ward.fall_ill(PARTNER)
    ward.work()
    return incident


def reply(*, approved: bool = True, by: str = "ann", role: Role = Role.APPROVER, reason: str = "known") -> Reply:
    return Reply(by=by, role=role, approved=approved, reason=reason)


def answer(ward: Ward, incident: IncidentId, given: Reply) -> ApprovalRequest:
    question = approvals.of_incident(ward.ledger, incident)
    return approvals.answer(ward.ledger, ward.clock, question.id, given)


def test_a_yes_lets_the_plan_run(ward: Ward, asked: IncidentId) -> None:
    assert [one.by for one in answer(ward, asked, reply()).answers] == ["ann"]
    ward.work()
    assert ward.dossier(asked).closing is Closing.HEALED
    granted = ward.dossier(asked).granted
    assert granted is not None
    assert granted.by == ("ann",)


def test_a_no_refuses_the_plan_and_touches_nothing(ward: Ward, asked: IncidentId) -> None:
    answer(ward, asked, reply(approved=False, reason="they are migrating"))
    ward.work()
    assert ward.states(asked)[-1] == "refused"
    assert "they are migrating" in ward.dossier(asked).reasons[0]
    assert ward.patients[PARTNER].effects == {}


def test_a_question_that_expires_is_a_no(ward: Ward, asked: IncidentId) -> None:
    ward.live(16 * MINUTE, tick=MINUTE)
    assert ward.states(asked)[-1] == "refused"
    assert "no one answered in time" in ward.dossier(asked).reasons[0]
    assert ward.patients[PARTNER].effects == {}


def test_an_answer_after_the_expiry_is_not_taken(ward: Ward, asked: IncidentId) -> None:
    ward.clock.advance(16 * MINUTE)
    with pytest.raises(ConflictError, match="expired"):
        answer(ward, asked, reply())


def test_a_yes_in_time_counts_although_its_job_runs_after_the_expiry(ward: Ward, asked: IncidentId) -> None:
    answer(ward, asked, reply())
    ward.clock.advance(16 * MINUTE)
    ward.work()
    assert ward.dossier(asked).closing is Closing.HEALED


def test_an_approval_that_the_fleet_reads_hours_later_is_asked_for_again(ward: Ward, asked: IncidentId) -> None:
    answer(ward, asked, reply())
    ward.clock.advance(timedelta(hours=3))
    ward.work()
    assert ward.states(asked)[-1] == "refused"
    assert "retry to ask them again" in ward.dossier(asked).reasons[0]


def test_who_proposed_the_plan_cannot_approve_it(ward: Ward) -> None:
    task = requests.HealTask(target=str(PARTNER), reason="it is ill", playbook="cure")
    with ward.ledger.transaction() as tx:
        requests.heal(tx, task, by="ann")
    ward.work()
    with ward.ledger.transaction() as tx:
        incident = tx.incidents.find()[0].incident.id
    with pytest.raises(ConflictError, match="ask someone else"):
        answer(ward, incident, reply(by="Ann "))
    answer(ward, incident, reply(by="bob"))
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED


def test_a_role_below_the_wanted_one_is_not_taken(ward: Ward, asked: IncidentId) -> None:
    with pytest.raises(ConflictError, match="needs at least approver"):
        answer(ward, asked, reply(role=Role.OPERATOR))


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001])
def test_an_answer_needs_a_reason(ward: Ward, asked: IncidentId, reason: str) -> None:
    with pytest.raises(InputError, match="needs a reason"):
        answer(ward, asked, reply(reason=reason))


def test_an_answer_to_a_closed_question_is_not_taken(ward: Ward, asked: IncidentId) -> None:
    answer(ward, asked, reply())
    with pytest.raises(ConflictError, match="enough people"):
        answer(ward, asked, reply(by="bob"))
    ward.work()
    with pytest.raises(ConflictError, match="it is not waiting for an answer"):
        answer(ward, asked, reply(by="bob"))


def test_a_yes_does_not_overrule_the_kill_switch(ward: Ward, asked: IncidentId) -> None:
    switches.turn(ward.ledger, ward.clock, "kill", on=True, reason="stop", by="bob")
    answer(ward, asked, reply())
    ward.work()
    assert ward.states(asked)[-1] == "refused"
    assert ward.patients[PARTNER].effects == {}


def test_an_answer_to_the_question_about_an_earlier_plan_is_not_taken(ward: Ward, asked: IncidentId) -> None:
    old = approvals.of_incident(ward.ledger, asked)
    ask_anew(ward, asked)
    new = approvals.of_incident(ward.ledger, asked)
    assert (new.plan_digest, new.id != old.id) == (old.plan_digest, True)
    with pytest.raises(ConflictError, match="answer the new question"):
        approvals.answer(ward.ledger, ward.clock, old.id, reply())
    assert [one.id for one in approvals.pending(ward.ledger, ward.clock)] == [new.id]
    approvals.answer(ward.ledger, ward.clock, new.id, reply())
    ward.work()
    assert ward.dossier(asked).closing is Closing.HEALED


def test_a_yes_to_an_earlier_plan_does_not_count_for_the_next(ward: Ward, asked: IncidentId) -> None:
    answer(ward, asked, reply())
    ask_anew(ward, asked)
    assert ward.dossier(asked).incident.state is IncidentState.AWAITING_APPROVAL
    assert ward.patients[PARTNER].effects == {}


def ask_anew(ward: Ward, incident: IncidentId) -> None:
    """Let another run take the target while people are asked, so that the incident looks again and asks again."""
    rival = plan(target=PARTNER, steps=(), incident=ward.fall_ill(labels={"cause": "unknown"}))
    with ward.ledger.transaction() as tx:
        assert tx.journal.begin(rival, rival.incident, ward.clock.now())
        job = advance_request(tx.incidents.load(incident), Pool.ORCHESTRATION, Priority(5))
        tx.jobs.submit([job])
    ward.work()
    with ward.ledger.transaction() as tx:
        tx.journal.end(rival.id, episode(rival, ward.clock))
    ward.live(timedelta(seconds=15))


def test_of_two_wanted_the_first_yes_alone_runs_nothing(ward: Ward) -> None:
    patient = ward.patients[PARTNER]
    ward.line = replace(ward.line, policy=two_wanted(ward.line.policy))
    incident = ward.fall_ill(PARTNER)
    ward.work()
    answer(ward, incident, reply())
    ward.work()
    assert (ward.dossier(incident).incident.state, patient.effects) == (IncidentState.AWAITING_APPROVAL, {})
    answer(ward, incident, reply(by="bob"))
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED


def two_wanted(policy: Policy) -> Policy:
    """Return the policy with its rule for two approvers in force at any risk."""
    rule = next(one for one in policy.rules if one.quorum == 2)
    always = rule.model_copy(update={"when": rule.when.model_copy(update={"risk_at_least": 0.0})})
    return policy.model_copy(update={"rules": (always,)})
