"""What people try against separation of duties: to make the evidence and approve, to overrule a no, to flood."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import ApprovalId, IncidentId, TargetName
from grace_workers.governance import Approval, ApprovalRequest, Policy, Role
from grace_workers.governance.policy import PolicyRule, RuleEffect
from grace_workers.orchestration import approvals, operations
from grace_workers.orchestration.approvals import Reply
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.work import requests
from grace_workers.orchestration.work.intake import accept
from grace_workers.signals import IncidentState, Signal, sign
from tests.builders import PARTNER, WEB, Ward, signal

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def ward() -> Ward:
    return Ward()


def send(ward: Ward, *, by: str, target: TargetName = PARTNER, **changes: Any) -> IncidentId:
    """Let a token of that name send a signal; return the incident it belongs to, with all work done."""
    (receipt,) = accept(ward.intake, [signal(target, at=ward.clock, **changes)], by=by)
    assert receipt.incident is not None, receipt.reason
    ward.work()
    return receipt.incident


def named(name: str) -> dict[str, Any]:
    return {"name": name, "signature": sign(name)}


def answer(ward: Ward, incident: IncidentId, by: str, *, approved: bool = True) -> ApprovalRequest:
    question = approvals.of_incident(ward.ledger, incident)
    reply = Reply(by=by, role=Role.ADMIN, approved=approved, reason="so I say")
    return approvals.answer(ward.ledger, ward.clock, question.id, reply)


def reject(ward: Ward, incident: IncidentId, by: str) -> None:
    answer(ward, incident, by, approved=False)
    ward.work()
    assert state(ward, incident) is IncidentState.REFUSED


def retry(ward: Ward, incident: IncidentId, by: str) -> None:
    operations.retry(ward.ledger, ward.clock, incident, by=by, reason="again")
    ward.work()


def state(ward: Ward, incident: IncidentId) -> IncidentState:
    return ward.dossier(incident).incident.state


def untouched(ward: Ward) -> bool:
    return all(patient.effects == {} for patient in ward.patients.values())


# The evidence and the yes


@pytest.mark.parametrize("liar", ["ann", "Ann ", "ann/phone", "\uff41nn"])
def test_who_sends_the_signal_cannot_approve_the_plan_that_it_caused(ward: Ward, liar: str) -> None:
    incident = send(ward, by="ann")
    with pytest.raises(ConflictError, match="sent a signal of this incident"):
        answer(ward, incident, liar)
    ward.work()
    assert untouched(ward)
    answer(ward, incident, "bob")
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED


def test_who_joins_an_incident_with_a_signal_of_their_own_cannot_approve_either(ward: Ward) -> None:
    incident = send(ward, by="prometheus")
    assert send(ward, by="ann") == incident
    with pytest.raises(ConflictError, match="sent a signal"):
        answer(ward, incident, "ann")


def test_a_yes_no_longer_counts_once_its_author_has_sent_a_signal(ward: Ward) -> None:
    ward.line = replace(ward.line, policy=asking(ward.line.policy, quorum=2))
    incident = send(ward, by="prometheus")
    answer(ward, incident, "ann")
    send(ward, by="ann")
    answer(ward, incident, "bob")
    ward.work()
    assert untouched(ward)


def test_a_person_who_replays_a_healing_job_cannot_approve_its_plan(ward: Ward) -> None:
    task = requests.HealTask(target=str(PARTNER), reason="it is ill", playbook="cure")
    with ward.ledger.transaction() as tx:
        job = requests.heal(tx, task, by="ann")
        tx.jobs.cancel(job.id, by="cyd")
        tx.jobs.replay(job.id, by="bob")
    ward.work()
    with ward.ledger.transaction() as tx:
        incident = tx.incidents.find()[0].incident.id
    for by in ("ann", "bob"):
        with pytest.raises(ConflictError, match="cannot approve"):
            answer(ward, incident, by)
    answer(ward, incident, "cyd")


def test_a_program_that_calls_itself_by_a_persons_name_bars_that_person(ward: Ward) -> None:
    task = requests.HealTask(target=str(PARTNER), reason="it is ill", playbook="cure")
    with ward.ledger.transaction() as tx:
        requests.heal(tx, task, by="client:ann")
    ward.work()
    with ward.ledger.transaction() as tx:
        incident = tx.incidents.find()[0].incident.id
    with pytest.raises(ConflictError, match="cannot approve"):
        answer(ward, incident, "ann")


def test_one_person_with_two_tokens_is_no_quorum(ward: Ward) -> None:
    ward.line = replace(ward.line, policy=asking(ward.line.policy, quorum=2))
    incident = send(ward, by="prometheus")
    answer(ward, incident, "bob/laptop")
    with pytest.raises(ConflictError, match="already answered"):
        answer(ward, incident, "bob/phone")
    ward.work()
    assert untouched(ward)


# A no


@pytest.mark.parametrize("retrier", ["bob", "ann"])
def test_a_no_is_not_overruled_by_the_person_who_retries(ward: Ward, retrier: str) -> None:
    incident = send(ward, by="prometheus")
    reject(ward, incident, "ann")
    retry(ward, incident, retrier)
    with pytest.raises(ConflictError, match="retried this incident"):
        answer(ward, incident, retrier)
    assert any("ann rejected" in one.headline for one in ward.view(incident).timeline[-2:])
    assert any("ann rejected" in reason for reason in approvals.of_incident(ward.ledger, incident).reasons)
    ward.work()
    assert untouched(ward)
    answer(ward, incident, "cyd")
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED


def test_a_second_no_holds_as_long_as_the_first_one_did(ward: Ward) -> None:
    incident = send(ward, by="prometheus")
    reject(ward, incident, "ann")
    retry(ward, incident, "bob")
    reject(ward, incident, "cyd")
    retry(ward, incident, "dan")
    with pytest.raises(ConflictError, match="retried this incident"):
        answer(ward, incident, "bob")
    with pytest.raises(ConflictError, match="retried this incident"):
        answer(ward, incident, "dan")


def test_a_fresh_signal_does_not_ask_again_what_was_refused(ward: Ward) -> None:
    incident = send(ward, by="prometheus")
    reject(ward, incident, "ann")
    operations.close(ward.ledger, ward.clock, incident, by="bob", reason="tidy")
    ward.clock.advance(SECOND)
    fresh = send(ward, by="eve")
    assert fresh != incident
    assert state(ward, fresh) is IncidentState.REFUSED
    assert "ann rejected" in ward.dossier(fresh).reasons[0]
    retry(ward, fresh, "bob")
    for by in ("bob", "eve"):
        with pytest.raises(ConflictError, match="cannot approve"):
            answer(ward, fresh, by)


def test_a_signal_of_another_name_does_not_hide_that_people_said_no(ward: Ward) -> None:
    reject(ward, send(ward, by="prometheus"), "ann")
    other = send(ward, by="eve", **named("illness of another name"))
    assert state(ward, other) is IncidentState.AWAITING_APPROVAL
    assert any("ann rejected" in one.headline for one in ward.view(other).timeline)


def test_what_people_refused_does_not_run_once_no_approval_is_needed(ward: Ward) -> None:
    lenient = ward.line.policy
    ward.line = replace(ward.line, policy=asking(lenient))
    reject(ward, send(ward, by="prometheus", target=WEB), "ann")
    ward.line = replace(ward.line, policy=lenient)
    task = requests.HealTask(target=str(WEB), reason="it is ill", playbook="cure")
    with ward.ledger.transaction() as tx:
        requests.heal(tx, task, by="bob")
    ward.work()
    send(ward, by="eve", target=WEB, **named("illness of another name"))
    assert untouched(ward)


def asking(policy: Policy, *, quorum: int = 1, effect: RuleEffect = RuleEffect.PERMISSION) -> Policy:
    """Return the policy with one rule that makes every plan wait for people."""
    rule = PolicyRule(name="asks", effect=effect, quorum=quorum, why="people look at everything")
    return policy.model_copy(update={"rules": (rule,)})


# When an answer was given


@pytest.mark.parametrize("late", [SECOND, 15 * MINUTE])
def test_an_answer_that_was_accepted_before_the_expiry_counts_after_it(ward: Ward, late: timedelta) -> None:
    incident = send(ward, by="prometheus")
    ward.clock.advance(15 * MINUTE - SECOND)
    answer(ward, incident, "ann")
    ward.clock.advance(SECOND + late)
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED


@pytest.mark.parametrize("number", range(1, 12))
def test_an_answer_stored_while_the_line_refuses_for_lack_of_one_counts(ward: Ward, number: int) -> None:
    incident = send(ward, by="prometheus")
    asked = approvals.of_incident(ward.ledger, incident)
    given = Approval(
        by="ann",
        role=Role.ADMIN,
        approved=True,
        reason="so I say",
        at=asked.expires_at - SECOND,
        plan_digest=asked.plan_digest,
    )
    stored = during(ward, number, lambda: store(ward, asked.id, given))
    ward.clock.advance(15 * MINUTE)
    ward.work()
    assert (ward.dossier(incident).closing is Closing.HEALED) is stored()


def store(ward: Ward, asked: ApprovalId, given: Approval) -> bool:
    """Store an answer as another process does whose transaction began in time; not once the incident has moved on."""
    with ward.ledger.transaction() as tx:
        question = tx.approvals.get(asked)
        if tx.incidents.load(question.incident).incident.state is not IncidentState.AWAITING_APPROVAL:
            return False
        tx.approvals.answer(asked, given)
    return True


def during(ward: Ward, number: int, act: Callable[[], bool]) -> Callable[[], bool]:
    """Do `act` right before the ward's transaction of that number begins; return a function: whether it was done."""
    whole, left, done = ward.ledger.transaction, [number], [False]

    def transaction() -> Any:
        left[0] -= 1
        if left[0] == 0:
            ward.ledger.transaction = whole
            done[0] = act()
        return whole()

    ward.ledger.transaction = transaction
    return lambda: done[0]


def test_more_that_is_asked_by_now_is_asked_of_people_and_not_waited_for_in_vain(ward: Ward) -> None:
    lenient = ward.line.policy
    ward.line = replace(ward.line, policy=asking(lenient, effect=RuleEffect.REVIEW))
    incident = send(ward, by="prometheus", target=WEB)
    ward.line = replace(ward.line, policy=asking(lenient, quorum=2))
    answer(ward, incident, "ann")
    ward.live(2 * SECOND)
    question = approvals.of_incident(ward.ledger, incident)
    assert (state(ward, incident), question.quorum) == (IncidentState.AWAITING_APPROVAL, 2)
    for by in ("bob", "cyd"):
        answer(ward, incident, by)
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED


# How much one may open


def test_open_questions_are_limited_and_the_rest_is_refused_with_a_reason(ward: Ward) -> None:
    opened = [send(ward, by="eve", **named(f"illness number {letter}")) for letter in "abcdefghijkl"]
    assert len(approvals.pending(ward.ledger, ward.clock)) == ward.line.policy.questions_per_target
    refused = ward.dossier(opened[-1])
    assert refused.incident.state is IncidentState.REFUSED
    assert "questions about partner already wait for people" in refused.reasons[0]


# The token decides who the sender is


def test_a_signal_knows_no_sender_that_its_body_names(ward: Ward) -> None:
    lying = signal(PARTNER, at=ward.clock, labels={"by": "bob", "sender": "bob"})
    incident = sent(ward, lying, by="eve")
    with pytest.raises(ConflictError, match="eve sent a signal"):
        answer(ward, incident, "eve")
    answer(ward, incident, "bob")


def sent(ward: Ward, one: Signal, *, by: str) -> IncidentId:
    (receipt,) = accept(ward.intake, [one], by=by)
    assert receipt.incident is not None
    ward.work()
    return receipt.incident
