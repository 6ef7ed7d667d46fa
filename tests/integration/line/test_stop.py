"""Stopping everything while a step is under way: a real program, killed between two of its effects and put back."""

import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.bootstrap.runtime import Runtime, open_runtime
from grace_workers.orchestration import switches
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.work.plans import submit_plan
from grace_workers.orchestration.work.tasks import look_up
from grace_workers.orchestration.work.wishes import PlanTask
from grace_workers.settings import BrokerSettings, DatabaseSettings, Settings, TargetSettings
from tests.integration.line.conftest import work
from tests.waiting import until

# Each line of the file is one effect. The marker says that all of them are there.
TICK = textwrap.dedent(
    """
    import pathlib, sys, time
    folder, rounds = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    with (folder / "ticks").open("a", buffering=1) as file:
        for _ in range(rounds):
            print(time.time(), file=file)
            time.sleep(0.002)
    (folder / "marker").touch()
    """
)
UNDO = "import pathlib, sys; [pathlib.Path(sys.argv[1], one).unlink(missing_ok=True) for one in ('ticks', 'marker')]"
LOOK = "import pathlib, sys; sys.exit(not pathlib.Path(sys.argv[1], sys.argv[2]).exists())"


def plan(*steps: str) -> dict[str, object]:
    return {
        "name": "tick",
        "target": "ticker",
        "reason": "it is to tick",
        "aspect": "performance",
        "steps": [{"id": one, "primitive": "run_command", "params": {"command": one}} for one in steps],
        "expectations": [
            {"id": "ticked", "check": "alive", "target": "shop", "operator": "==", "bound": 1, "within": "1s"}
        ],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tick.py").write_text(TICK)
    return tmp_path


@pytest.fixture
def runtime(database_url: str, broker_url: str, folder: Path) -> Iterator[Runtime]:
    def command(rounds: int) -> dict[str, object]:
        return {
            "changes": "writes ticks",
            "run": [sys.executable, str(folder / "tick.py"), str(folder), str(rounds)],
            "look": [sys.executable, "-c", LOOK, str(folder), "ticks"],
            "undo": [sys.executable, "-c", UNDO, str(folder)],
            "timeout": "PT2M",
        }

    shop = {"command": [sys.executable, "-c", "pass"], "pid_file": str(folder / "shop.pid")}
    settings = Settings(
        data_dir=folder / "data",
        instance="here",
        database=DatabaseSettings(url=SecretStr(database_url)),
        broker=BrokerSettings(url=SecretStr(broker_url)),
        targets=(
            TargetSettings(
                name="ticker", kind="command", owner="internal", connection={"commands": {"long": command(30_000)}}
            ),
            TargetSettings(name="shop", kind="process", owner="internal", connection=shop),
        ),
    )
    made = open_runtime(settings)
    PostgresInstances(made.engine).register(made.instance, pools=["healing", "orchestration"])
    yield made
    switches.turn(made.ledger, made.clock, "kill", on=False, reason="the test is over", by="ada")
    made.close()


def ended(runtime: Runtime, job: object) -> Dossier:
    with runtime.ledger.transaction() as tx:
        found = look_up(tx, job)
    assert found.incident is not None, found.job.error
    return found.incident


def test_a_program_in_progress_is_killed_and_what_it_did_is_put_back(runtime: Runtime, folder: Path) -> None:
    with runtime.ledger.transaction() as tx:
        job = submit_plan(tx, PlanTask.read({"plan": plan("long")}, "task"), by="ann")
    worker = threading.Thread(target=work, args=(runtime,), daemon=True)
    worker.start()
    until((folder / "ticks").exists, within=60)
    switches.turn(runtime.ledger, runtime.clock, "kill", on=True, reason="smoke", by="ada")
    worker.join(timeout=60)
    assert not worker.is_alive()
    dossier = ended(runtime, job.id)
    assert dossier.closing is Closing.RESTORED
    assert "in step 'long', the kill switch is on (smoke, by ada)" in dossier.reasons[0]
    assert not (folder / "ticks").exists()
    assert not (folder / "marker").exists()
    # It is no fault of the playbook.
    assert dossier.verdict == "inconclusive"


def test_a_run_that_rests_ends_when_people_stop_everything(runtime: Runtime, folder: Path) -> None:
    rests = {"id": "later", "primitive": "run_command", "params": {"command": "long"}, "wait": "10m"}
    with runtime.ledger.transaction() as tx:
        said = {**plan(), "steps": [rests], "budget": "20m"}
        job = submit_plan(tx, PlanTask.read({"plan": said}, "task"), by="ann")
    work(runtime)
    assert ended(runtime, job.id).wait is not None
    switches.turn(runtime.ledger, runtime.clock, "kill", on=True, reason="smoke", by="ada")
    work(runtime)
    dossier = ended(runtime, job.id)
    assert (dossier.closing, dossier.reasons) == (Closing.REFUSED, ("the kill switch is on (smoke, by ada)",))
    assert not (folder / "ticks").exists()
