"""A ready plan over real stores and a real process: durable, governed, executed and verified."""

from datetime import timedelta

from grace_workers.actions import Restartable
from grace_workers.bootstrap.runtime import Runtime
from grace_workers.foundation.ids import IncidentId, TargetName, parse_uuid
from grace_workers.governance import Role
from grace_workers.orchestration import approvals, queries
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.work.plans import submit_plan
from grace_workers.orchestration.work.tasks import TaskState, look_up
from grace_workers.orchestration.work.wishes import PlanTask
from grace_workers.signals import IncidentState
from tests.integration.line.conftest import work

PLAN = {
    "name": "start_it",
    "target": "shop",
    "reason": "it is to run",
    "aspect": "performance",
    "steps": [{"id": "restart", "primitive": "restart_service"}],
    "expectations": [{"id": "runs", "check": "alive", "operator": "==", "bound": 1, "within": "15s"}],
}


def submitted(runtime: Runtime, **changes: object) -> Dossier:
    with runtime.ledger.transaction() as tx:
        job = submit_plan(tx, PlanTask.read({"plan": {**PLAN, **changes}}, "task"), by="ann")
    work(runtime)
    with runtime.ledger.transaction() as tx:
        found = look_up(tx, job.id)
    assert found.incident is not None, found.job.error
    return found.incident


def test_a_ready_plan_starts_a_service_and_its_task_succeeds_with_the_incident(runtime: Runtime) -> None:
    with runtime.ledger.transaction() as tx:
        job = submit_plan(tx, PlanTask.read({"plan": PLAN}, "task"), by="ann")
    work(runtime)
    try:
        with runtime.ledger.transaction() as tx:
            task = look_up(tx, job.id)
        assert task.state is TaskState.SUCCEEDED, task.job.error
        incident = IncidentId(parse_uuid(task.result["incident"], "incident"))
        view = queries.incident(runtime.ledger, incident)
        assert view.dossier.closing is Closing.HEALED
        assert [one.stage for one in view.timeline] == [
            "signal", "governance", "contract", "snapshot", "execute", "verify", "learn",
        ]  # fmt: skip
        assert [one.by for one in view.proposers] == ["ann"]
        assert runtime.line.world.role(TargetName("shop"), Restartable).status().running
    finally:
        runtime.line.world.role(TargetName("shop"), Restartable).stop(timedelta(seconds=1))


def test_a_plan_for_someone_elses_service_waits_for_a_person_other_than_its_proposer(runtime: Runtime) -> None:
    dossier = submitted(runtime, target="partner")
    assert dossier.incident.state is IncidentState.AWAITING_APPROVAL
    question = approvals.of_incident(runtime.ledger, dossier.incident.id)
    assert question.proposer == "ann"
    no = approvals.Reply(by="ben", role=Role.ADMIN, approved=False, reason="not now")
    approvals.answer(runtime.ledger, runtime.clock, question.id, no)
    work(runtime)
    assert queries.incident(runtime.ledger, dossier.incident.id).dossier.closing is Closing.REFUSED
