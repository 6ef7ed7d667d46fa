"""From the kill switch to the last effect: a real program acts every 2 ms while everything is stopped.

`python -m tests.benchmarks.bench_stop [--quick]`. The real line over a real PostgreSQL, in this process. Each run
starts a plan whose step is a program that writes the time after each effect; after a random while the kill switch is
turned on through the same function as in the API. Measured is the time from the call to the last effect of the step.
Then the same on a whole node, stopped by `grace stop`: from the start of the command to the last effect.
"""

import argparse
import logging
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import structlog
import yaml
from pydantic import SecretStr

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.bootstrap.runtime import Runtime, open_runtime
from grace_workers.orchestration import switches
from grace_workers.orchestration.work.plans import submit_plan
from grace_workers.orchestration.work.wishes import PlanTask
from grace_workers.settings import BrokerSettings, DatabaseSettings, Settings, TargetSettings
from tests.acceptance.fleet import NodeProcess
from tests.benchmarks.figures import quantiles
from tests.benchmarks.machine import machine
from tests.conftest import migrate
from tests.integration.line.conftest import work
from tests.waiting import until

RUNS, BAR = 100, 1.0
NODE_RUNS = 20
POLICY = "version: 1\nthresholds: {review: 1.0, permission: 1.0}\n"
GRACE = str(Path(sys.executable).parent / "grace")
TICK = """\
import pathlib, sys, time
with pathlib.Path(sys.argv[1]).open("a", buffering=1) as file:
    while True:
        print(time.time(), file=file)
        time.sleep(0.002)
"""


def target(folder: Path) -> TargetSettings:
    """Return a target with one command, which acts until it is killed and takes its acts back on undo."""
    ticks, program = str(folder / "ticks"), folder / "tick.py"
    program.write_text(TICK, encoding="utf-8")
    command = {
        "changes": "writes the time",
        "run": [sys.executable, str(program), ticks],
        "look": ["/usr/bin/test", "-e", ticks],
        "undo": ["/usr/bin/mv", ticks, f"{ticks}.last"],
        "timeout": "PT2M",
    }
    return TargetSettings(name="ticker", kind="command", owner="internal", connection={"commands": {"tick": command}})


def shop(folder: Path) -> TargetSettings:
    """Return a target of which the plan's contract asks whether it runs."""
    command = {"command": [sys.executable, "-c", "pass"], "pid_file": str(folder / "shop.pid")}
    return TargetSettings(name="shop", kind="process", owner="internal", connection=command)


def plan() -> dict[str, object]:
    """Return a plan that runs the command, as often as it is submitted."""
    return {
        "name": "tick",
        "target": "ticker",
        "reason": "it is measured",
        "aspect": "performance",
        "steps": [{"id": "tick", "primitive": "run_command", "params": {"command": "tick"}}],
        "expectations": [
            {"id": "runs", "check": "alive", "target": "shop", "operator": "==", "bound": 1, "within": "1s"}
        ],
        "guards": {"cooldown": "0s", "max_runs_per_hour": 1000, "stop_after_ineffective": 100},
    }


def opened(folder: Path, database: str, broker: str) -> Runtime:
    """Return the parts of a process that is a live instance."""
    policy = folder / "policy.yaml"
    # A hundred runs that prove nothing would otherwise make the fleet ask people.
    policy.write_text(POLICY, encoding="utf-8")
    settings = Settings(
        policy=policy,
        data_dir=folder / "data",
        instance="here",
        database=DatabaseSettings(url=SecretStr(database)),
        broker=BrokerSettings(url=SecretStr(broker)),
        targets=(target(folder), shop(folder)),
    )
    made = open_runtime(settings)
    PostgresInstances(made.engine).register(made.instance, pools=["healing", "orchestration"])
    return made


def measure(runtime: Runtime, folder: Path) -> float:
    """Return the seconds from the kill switch to the last effect of one run."""
    ticks = folder / "ticks"
    with runtime.ledger.transaction() as tx:
        submit_plan(tx, PlanTask.read({"plan": plan()}, "task"), by="ann")
    worker = threading.Thread(target=work, args=(runtime,), daemon=True)
    worker.start()
    until(lambda: ticks.exists() and ticks.stat().st_size > 0, within=30, every=0.01)
    threading.Event().wait(random.uniform(0.05, 0.5))
    asked = time.time()
    switches.turn(runtime.ledger, runtime.clock, "kill", on=True, reason="measured", by="ada")
    worker.join(timeout=60)
    switches.turn(runtime.ledger, runtime.clock, "kill", on=False, reason="measured", by="ada")
    return max(last_effect(folder) - asked, 0.0)


def last_effect(folder: Path) -> float:
    """Return when the program that was stopped and taken back acted last."""
    return float((folder / "ticks.last").read_text().rstrip("\n").rsplit("\n", 1)[-1])


def on_a_node(folder: Path, runs: int) -> list[float]:
    """Return the seconds from the start of `grace stop` to the last effect, for each run on a whole node."""
    folder.mkdir()
    policy, config, wanted = (folder / name for name in ("policy.yaml", "grace.yaml", "plan.yaml"))
    policy.write_text(POLICY, encoding="utf-8")
    targets = [one.model_dump(mode="json", exclude_defaults=True) for one in (target(folder), shop(folder))]
    config.write_text(yaml.safe_dump({"policy": str(policy), "targets": targets}), encoding="utf-8")
    wanted.write_text(yaml.safe_dump(plan()), encoding="utf-8")
    node = NodeProcess(folder / "data", GRACE_CONFIG=str(config))
    try:
        node.start().unread().until_ready()
        return [stop_by_command(node, folder, wanted) for _ in range(runs)]
    finally:
        node.close()


def stop_by_command(node: NodeProcess, folder: Path, wanted: Path) -> float:
    """Stop one run of the plan, and return the seconds to its last effect."""

    def grace(*words: str) -> None:
        command = [GRACE, *words]
        subprocess.run(command, check=True, env=node.environment, cwd=folder, stdout=subprocess.DEVNULL)

    (folder / "ticks.last").unlink(missing_ok=True)
    grace("plan", "submit", str(wanted), "--wait", "0")
    ticks = folder / "ticks"
    until(lambda: ticks.exists() and ticks.stat().st_size > 0, within=30, every=0.01)
    threading.Event().wait(random.uniform(0.05, 0.5))
    asked = time.time()
    grace("stop")
    until((folder / "ticks.last").exists, within=30, every=0.01)
    grace("switch", "off", "kill", "--reason", "measured")
    return max(last_effect(folder) - asked, 0.0)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ten runs")
    runs = 10 if parser.parse_args().quick else RUNS
    print(machine())
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="grace-stop-") as name:
        folder = Path(name)
        postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey", durable=False)
        postgres.start()
        valkey.start()
        try:
            migrate(postgres.url)
            runtime = opened(folder, postgres.url, valkey.url)
            took = [measure(runtime, folder) for _ in range(runs)]
            runtime.close()
        finally:
            valkey.stop()
            postgres.stop()
        by_command = on_a_node(folder / "node", NODE_RUNS if runs == RUNS else runs)
    print(f"from the kill switch to the last effect of the step in progress: {quantiles(took)} (bar p99 < {BAR:g} s)")
    print(f"from the start of `grace stop` to it, on a whole node: {quantiles(by_command)} (bar < {BAR:g} s)")


if __name__ == "__main__":
    main()
