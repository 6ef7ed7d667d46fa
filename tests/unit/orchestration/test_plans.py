"""Ready plans: they enter at governance, once however often their job runs, with their proposer."""

from datetime import timedelta
from typing import Any

import pytest

from grace_workers.cycles import Withdrawn
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.governance import Role
from grace_workers.orchestration import approvals, operations
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.job import Job, JobState
from grace_workers.orchestration.work.plans import submit_plan
from grace_workers.orchestration.work.wishes import PlanTask
from grace_workers.orchestration.work.withdrawing import withdraw
from grace_workers.signals import IncidentState
from tests.builders import PARTNER, WEB, CrashError, Ward, interrupted

SECOND = timedelta(seconds=1)
PLAN: dict[str, Any] = {
    "name": "double_dose",
    "target": "web",
    "reason": "ann knows what helps",
    "aspect": "performance",
    "steps": [
        {"id": "one", "primitive": "dose_idempotent", "params": {"key": "one"}},
        {"id": "two", "primitive": "dose_idempotent", "params": {"key": "two"}},
    ],
    "expectations": [{"id": "well", "check": "illness", "operator": "==", "bound": 0, "within": "5s"}],
}


@pytest.fixture
def ward() -> Ward:
    return Ward()


def submit(ward: Ward, *, by: str = "ann", key: str | None = None, **changes: Any) -> Job:
    task = PlanTask.read({"plan": {**PLAN, **changes}, "priority": 6, "dedupe_key": key}, "task")
    with ward.ledger.transaction() as tx:
        return submit_plan(tx, task, by=by)


def incidents(ward: Ward) -> list[Dossier]:
    with ward.ledger.transaction() as tx:
        return list(tx.incidents.find())


def reply(by: str, *, approved: bool = True) -> approvals.Reply:
    return approvals.Reply(by=by, role=Role.ADMIN, approved=approved, reason="safe at this hour")


def test_a_ready_plan_enters_at_governance_and_heals(ward: Ward) -> None:
    submit(ward)
    ward.work()
    (one,) = incidents(ward)
    assert ward.states(one.incident.id) == [
        "planned", "granted", "contracted", "snapshotted", "executed", "verified", "closed",
    ]  # fmt: skip
    assert (one.closing, one.incident.priority) == (Closing.HEALED, 6)
    assert one.plan is not None
    assert (one.plan.playbook, one.plan.proposer, one.plan.cause) == ("plan:double_dose", "ann", "requested")
    assert ward.patients[WEB].effects == {"one": 1, "two": 1}


def test_every_move_of_it_is_audited_by_its_proposer_first(ward: Ward) -> None:
    submit(ward)
    ward.work()
    (one,) = incidents(ward)
    told = [(entry.action, entry.actor) for entry in ward.ledger.entries if entry.incident == one.incident.id]
    assert ("incident.planned", "ann") in told
    moves = [action for action, _ in told if action.startswith("incident.")]
    assert moves == [f"incident.{one.state}" for one in ward.view(one.incident.id).timeline]


def test_submitting_twice_with_one_key_gives_one_job(ward: Ward) -> None:
    assert submit(ward, key="k").id == submit(ward, key="k").id
    ward.work()
    assert len(incidents(ward)) == 1


def test_the_proposer_cannot_approve_what_people_are_asked_about(ward: Ward) -> None:
    submit(ward, target=PARTNER)
    ward.work()
    (one,) = incidents(ward)
    assert one.incident.state is IncidentState.AWAITING_APPROVAL
    question = approvals.of_incident(ward.ledger, one.incident.id)
    with pytest.raises(ConflictError, match="ann"):
        approvals.answer(ward.ledger, ward.clock, question.id, reply("ann"))
    approvals.answer(ward.ledger, ward.clock, question.id, reply("ben"))
    ward.work()
    assert incidents(ward)[0].incident.state is not IncidentState.AWAITING_APPROVAL


def test_a_retried_plan_is_the_same_plan_and_is_asked_about_again(ward: Ward) -> None:
    submit(ward, target=PARTNER)
    ward.work()
    (one,) = incidents(ward)
    question = approvals.of_incident(ward.ledger, one.incident.id)
    approvals.answer(ward.ledger, ward.clock, question.id, reply("ben", approved=False))
    ward.work()
    assert incidents(ward)[0].closing is Closing.REFUSED
    operations.retry(ward.ledger, ward.clock, one.incident.id, by="cho", reason="the partner agreed")
    ward.work()
    (again,) = incidents(ward)
    assert again.plan is not None
    assert one.plan is not None
    assert again.incident.state is IncidentState.AWAITING_APPROVAL
    assert (again.plan.digest, again.plan.id != one.plan.id) == (one.plan.digest, True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"target": "nowhere"}, "plan 'double_dose': no target named 'nowhere'"),
        (
            {"steps": [{"id": "one", "primitive": "dance"}]},
            "plan 'double_dose': step 1 names unknown primitive 'dance'; known: dose_idempotent",
        ),
        (
            {"steps": [{"id": "one", "primitive": "dose_idempotent", "params": {"speed": 1}}]},
            "step 1: param 'speed' is not accepted; accepted params: key",
        ),
        (
            {"steps": [{"id": "one", "primitive": "dose_idempotent", "target": "moon"}]},
            "plan 'double_dose': step 'one': no target named 'moon'",
        ),
        (
            {"steps": [{"id": "one", "primitive": "dose_idempotent", "params": {"key": "{{ params.key }}"}}]},
            "step 1 names unknown 'params.key'",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_opens_nothing(ward: Ward, changes: dict[str, Any], sentence: str) -> None:
    job = submit(ward, **changes)
    claim = ward.claim(job)
    assert claim is not None
    with pytest.raises(InputError) as refused:
        ward.run(claim)
    assert sentence in str(refused.value)
    assert incidents(ward) == []
    assert ward.patients[WEB].effects == {}


@pytest.mark.parametrize("number", range(1, 12))
def test_a_plan_whose_worker_dies_opens_one_incident_and_acts_once(ward: Ward, number: int) -> None:
    job = submit(ward)
    with interrupted(ward, number, "after"), pytest.raises(CrashError):
        ward.work()
    ward.claimer.register(ward.line.instance)
    ward.work()
    assert [one.closing for one in incidents(ward)] == [Closing.HEALED]
    assert ward.patients[WEB].effects == {"one": 1, "two": 1}
    with ward.ledger.transaction() as tx:
        assert tx.jobs.get(job.id).state is JobState.SUCCEEDED


def test_its_runs_cool_down_together_and_apart_from_those_of_a_playbook_of_that_name(ward: Ward) -> None:
    submit(ward, name="cure")
    ward.work()
    assert [one.closing for one in incidents(ward)] == [Closing.HEALED]
    ward.patients[WEB].ill = 1.0
    ward.fall_ill()
    ward.work()
    assert ward.patients[WEB].effects["first"] == 1
    with ward.ledger.transaction() as tx:
        assert {one.playbook for one in tx.records.tracks()} == {"plan:cure", "cure"}


def take_back(ward: Ward, plan: str, *, by: str = "ann") -> int:
    told = [Withdrawn(plan=plan, reason="the value was changed by hand")]
    with ward.ledger.transaction() as tx:
        return len(withdraw(tx, told, ward.clock.now(), by=by, shares=ward.line.shares))


def test_a_plan_is_taken_back_by_its_proposer_alone_and_its_question_is_closed(ward: Ward) -> None:
    submit(ward, target="partner")
    ward.work()
    assert len(approvals.pending(ward.ledger, ward.clock)) == 1
    assert (take_back(ward, "other"), take_back(ward, "double_dose", by="bob")) == (0, 0)
    assert (take_back(ward, "double_dose"), take_back(ward, "double_dose")) == (1, 0)
    (one,) = incidents(ward)
    assert (one.incident.state, one.closing) == (IncidentState.CLOSED, Closing.RESOLVED)
    assert one.reasons[-1] == "withdrawn: the value was changed by hand"
    assert approvals.pending(ward.ledger, ward.clock) == []
