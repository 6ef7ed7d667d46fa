"""How long the fleet takes to recover from the loss of an instance, of a pool's child or of one process of a node."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from itertools import chain
from pathlib import Path
from typing import Any

import redis

from grace_workers.adapters.celery import DoorbellPublisher
from grace_workers.orchestration.job import Pool
from tests.acceptance.counted.house import House
from tests.acceptance.lined_fleet import LinedNode
from tests.benchmarks.figures import quantiles
from tests.benchmarks.fleet_nodes import Nodes
from tests.integration.celery.fleet import bells, started, worker
from tests.waiting import until

KERNELS = ("control", "healing", "orchestration", "coding", "beat", "api")
# A process that is lost five times in two minutes is an incident of the fleet, which restarts it once more.
ROUND_LASTS = 35.0
AGAIN = """
SELECT min(j.started_at) FROM jobs j WHERE j.id = %s AND j.attempt > %s AND j.started_at > %s
"""


def dead_instance(fleet: Nodes, kills: int) -> None:
    """Print how soon a running job of a killed instance starts again elsewhere, and count its effects."""
    base = fleet.start("base", GRACE_POOLS__HEALING="4")
    victims = ["victim-a", "victim-b"]
    for name in victims:
        fleet.start(name, "healing", GRACE_POOLS__HEALING="8", wait=False)
    for name in victims:
        fleet.running[name].node.until_ready(within=240)
    left = iter(fleet.scene.file_names)
    waits: list[float] = []
    targets: list[str] = []
    for number in range(kills):
        waits += _kill_at_work(fleet, base, victims[number % 2], left, targets)
    base.until_at_rest(targets, within=60)
    effects = [fleet.scene.effects(target) for target in targets]
    print(f"dead instance, kill to its job's next start: {quantiles(waits)} (bar p99 3 s)")
    print(f"  {kills} kills, {len(targets)} heals: {sum(count == 1 for count in effects)} with one effect, ", end="")
    print(f"{sum(count > 1 for count in effects)} doubled, {sum(count == 0 for count in effects)} lost")


def _kill_at_work(fleet: Nodes, base: House, victim: str, left: Any, targets: list[str]) -> list[float]:
    """Kill a node once it runs a job; return the seconds until each of its jobs started again."""
    mine = "SELECT id, attempt FROM jobs WHERE state = 'running' AND owner = %s"
    while not (held := fleet.rows(mine, victim)):
        target = next(left)
        targets.append(target)
        base.ask_for(target, before="1s")
        try:
            held = until(lambda: fleet.rows(mine, victim), within=1.5)
            break
        except AssertionError:
            continue
    killed = fleet.rows("SELECT clock_timestamp()")[0][0]
    fleet.kill(victim)
    waits = []
    for job, attempt in held:
        again = until(lambda job=job, attempt=attempt: fleet.rows(AGAIN, job, attempt, killed)[0][0], within=30)
        waits.append((again - killed).total_seconds())
    fleet.start(victim, "healing", GRACE_POOLS__HEALING="8")
    return waits


def pool_child(broker: str, kills: int) -> None:
    """Print how soon the job of a killed pool child starts again."""
    waits = []
    doorbells = DoorbellPublisher(broker)
    with tempfile.TemporaryDirectory() as name, redis.Redis.from_url(broker) as journal:
        journal.flushdb()
        with worker(broker, Path(name), pool=Pool.CODING, concurrency=1):
            doorbells.ring(bells(1, name="test.hold", pool=Pool.CODING))
            for number in range(kills):
                until(lambda number=number: len(started(journal)) == number + 1, within=20)
                began = time.time()
                os.kill(int(journal.lindex("started", -1).decode().split()[3]), signal.SIGKILL)
                until(lambda number=number: len(started(journal)) == number + 2, within=20, every=0.005)
                waits.append(float(journal.lindex("started", -1).decode().split()[1]) - began)
        journal.flushdb()
    doorbells.close()
    print(f"killed pool child, kill to its job's next start: {quantiles(waits)} (bar 1 s)")


def kernels(house: House, rounds: int) -> None:
    """Print how soon a node notices that one of its processes was killed or frozen, has it ready again, and is healthy.

    A node is healthy when the self-tests of all its kernels, run every 1.2 s, find nothing.
    """
    for done, number in (("killed", signal.SIGKILL), ("frozen", signal.SIGSTOP)):
        seen: dict[str, list[float]] = defaultdict(list)
        back: dict[str, list[float]] = defaultdict(list)
        well: list[float] = []
        for _ in range(rounds):
            began = time.monotonic()
            for name in KERNELS:
                detected, ready, healthy = _lose(house, name, number)
                well.append(healthy)
                seen[name].append(detected)
                back[name].append(ready)
            time.sleep(max(0.0, ROUND_LASTS - (time.monotonic() - began)))
        for name in KERNELS:
            print(f"{done} {name}: seen {quantiles(seen[name])}; ready again after that {quantiles(back[name])}")
        print(f"{done} kernel, seen: {quantiles([*chain.from_iterable(seen.values())])} (bar 3 s)")
        print(f"{done} kernel, ready again: {quantiles([*chain.from_iterable(back.values())])} (bar 3 s)")
        print(f"{done} kernel, self-tests of the node well again: {quantiles(well)} (bar 3 s)")


def _lose(house: House, name: str, number: signal.Signals) -> tuple[float, float, float]:
    """Return the seconds until it was noticed, and from then until the process was ready and the node healthy."""
    pid = house.pid(name)
    began = time.monotonic()
    os.kill(pid, number)

    def child() -> dict[str, Any]:
        found: dict[str, Any] = house.node.children().get(name, {})
        return found

    until(lambda: child().get("state") != "ready" or child().get("pid") != pid, within=30, every=0.005)
    detected = time.monotonic() - began
    until(lambda: child().get("state") == "ready" and child().get("pid") != pid, within=60, every=0.005)
    ready = time.monotonic() - began - detected
    # The kernels' own self-tests agree, before the next process is lost.
    until(lambda: house.node.said().get("health") == "healthy", within=60)
    return detected, ready, time.monotonic() - began - detected


def boot(folder: Path, servers: tuple[str, str], runs: int) -> None:
    """Print how long a whole node takes to boot on running servers, phase by phase; the first boot is not counted.

    It has no Flower, for which no kernel waits.
    """
    took: dict[str, list[float]] = defaultdict(list)
    for number in range(runs + 1):
        for stage, seconds in _boot_once(folder / "booting", servers).items():
            if number:
                took[stage].append(seconds)
    bars = {"whole boot": ", without Flower (bar 10 s)", "preflight": " (bar 2 s)", "warm-up": " (bar 3 s)"}
    for stage, seconds in took.items():
        print(f"boot, {stage}: {quantiles(seconds)}{bars.get(stage, '')}")


def _boot_once(folder: Path, servers: tuple[str, str]) -> dict[str, float]:
    node = LinedNode(folder, servers, servers, GRACE_INSTANCE="booting", GRACE_FLOWER__ENABLED="false")
    command = [sys.executable, "-m", "grace_workers", "up", "--json", "--now"]
    took = {}
    began = time.monotonic()
    with subprocess.Popen(
        command, env=node.environment, cwd=folder.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told = json.loads(line)
            if told["stage"] == "node":
                took["whole boot"] = time.monotonic() - began
                break
            if told["state"] == "done" and told.get("took") is not None and told["stage"] in _PHASES:
                took[told["stage"]] = told["took"]
        process.terminate()
        process.stdout.read()
    return took


_PHASES = (
    "preflight",
    "warm-up",
    "foundation",
    "knowledge and governance",
    "agents",
    "observability and autonomy",
    "contract tests",
)
