"""Conditions, fallbacks, many targets and resumed runs over real stores and real processes."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.actions import Restartable, ServiceStatus
from grace_workers.bootstrap.runtime import Runtime
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.governance import Role
from grace_workers.orchestration import approvals, queries
from grace_workers.orchestration.approvals import Reply
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.resumption import resume
from grace_workers.orchestration.work.plans import submit_plan
from grace_workers.orchestration.work.tasks import look_up
from grace_workers.orchestration.work.wishes import PlanTask
from grace_workers.settings import Settings, TargetSettings
from grace_workers.signals import IncidentState
from tests.integration.line.conftest import SERVICE, work

SHOPS = ("shop-1", "shop-2", "shop-3")
PLAN = {
    "name": "start_all",
    "target": "shop-1",
    "reason": "all are to run",
    "aspect": "performance",
    "on_failure": "keep",
    "steps": [
        {
            "id": "start",
            "primitive": "restart_service",
            "each": "service=shop",
            "at_once": 2,
            "when": {"check": "alive", "operator": "==", "bound": 0},
        }
    ],
    "expectations": [
        {"id": "runs", "check": "alive", "each": "service=shop", "operator": "==", "bound": 1, "within": "15s"}
    ],
    "guards": {"cooldown": "0s"},
}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Three processes of one service; the program of the third is not there yet."""
    targets = []
    for name in SHOPS:
        program = tmp_path / name
        if name != SHOPS[-1]:
            install(program)
        connection = {"command": [str(program)], "pid_file": str(tmp_path / f"{name}.pid")}
        labels = {"service": "shop"}
        targets.append(
            TargetSettings(name=name, kind="process", owner="internal", connection=connection, labels=labels)
        )
    return settings.model_copy(update={"targets": tuple(targets)})


def test_a_run_over_many_processes_is_resumed_for_the_one_that_failed(runtime: Runtime, tmp_path: Path) -> None:
    try:
        dossier = submitted(runtime)
        assert dossier.incident.state is IncidentState.ESCALATED, dossier.reasons
        began = [status(runtime, name) for name in SHOPS]
        assert [one.running for one in began] == [True, True, False]
        assert states(runtime, dossier) == {"start@shop-1": "done", "start@shop-2": "done", "start@shop-3": "restored"}
        install(tmp_path / "shop-3")
        resume(runtime.ledger, runtime.clock, dossier.incident.id, by="ann", reason="the program is there")
        work(runtime)
        after = agreed(runtime, dossier.incident.id)
        assert after.closing is Closing.HEALED, after.reasons
        now = [status(runtime, name) for name in SHOPS]
        assert [one.incarnation for one in now[:2]] == [one.incarnation for one in began[:2]]
        assert now[2].running
        assert states(runtime, after) == {f"start@{name}": "done" for name in SHOPS}
    finally:
        for name in SHOPS:
            runtime.line.world.role(TargetName(name), Restartable).stop(timedelta(seconds=1))


def install(program: Path) -> None:
    program.write_text(f"#!{sys.executable}\n{SERVICE}")
    program.chmod(0o755)


def submitted(runtime: Runtime) -> Dossier:
    with runtime.ledger.transaction() as tx:
        job = submit_plan(tx, PlanTask.read({"plan": PLAN}, "task"), by="ann")
    work(runtime)
    with runtime.ledger.transaction() as tx:
        found = look_up(tx, job.id)
    assert found.incident is not None, found.job.error
    return agreed(runtime, found.incident.incident.id)


def agreed(runtime: Runtime, incident: IncidentId) -> Dossier:
    """Let a second person agree, because a plan for many targets is a risk, and do what follows."""
    asked = approvals.of_incident(runtime.ledger, incident)
    yes = Reply(by="bob", role=Role.ADMIN, approved=True, reason="go")
    approvals.answer(runtime.ledger, runtime.clock, asked.id, yes)
    work(runtime)
    return queries.incident(runtime.ledger, incident).dossier


def status(runtime: Runtime, name: str) -> ServiceStatus:
    return runtime.line.world.role(TargetName(name), Restartable).status()


def states(runtime: Runtime, dossier: Dossier) -> dict[str, str]:
    return {row.step: row.state.value for row in queries.incident(runtime.ledger, dossier.incident.id).steps}
