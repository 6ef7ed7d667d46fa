"""The healing worker is killed among many targets, and again in a fallback: each effect happens once."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import NodeProcess
from tests.acceptance.two_people import TwoPeople
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.fleet]

SHOPS = [f"shop-{number}" for number in range(1, 21)]
PROGRAM = f"""#!{sys.executable} -SE
import signal, sys, time
with open(sys.argv[0] + ".starts", "a") as file:
    file.write("x")
signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[0].endswith("standby") else signal.SIG_DFL)
while True:
    time.sleep(60)
"""
WELL = {"check": "alive", "operator": "==", "bound": 1, "within": "30s"}
PLAN = {
    "name": "start_all",
    "target": "shop-1",
    "reason": "all are to run",
    "aspect": "performance",
    "budget": "5m",
    "steps": [
        {
            "id": "start",
            "primitive": "restart_service",
            "each": "service=shop",
            "at_once": 2,
            "when": {"check": "alive", "operator": "==", "bound": 0},
        },
        {
            "id": "main",
            "primitive": "restart_service",
            "target": "broken",
            "fallback": {
                "id": "instead",
                "primitive": "restart_service",
                "target": "standby",
                "params": {"grace_period": "4s"},
            },
        },
    ],
    "expectations": [
        {"id": "run", "each": "service=shop", **WELL},
        {"id": "stands_by", "target": "standby", **WELL, "proves": False},
    ],
    "guards": {"cooldown": "0s"},
}


def declared(folder: Path, name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    program = folder / name
    if name != "broken":
        program.write_text(PROGRAM)
        program.chmod(0o755)
    connection = {"command": [str(program)], "pid_file": str(folder / f"{name}.pid")}
    return {"name": name, "kind": "process", "owner": "internal", "connection": connection, "labels": {**labels}}


@pytest.fixture
def people(make_node: Callable[..., NodeProcess], node_folder: Path) -> Iterator[TwoPeople]:
    targets = [declared(node_folder, name, {"service": "shop"}) for name in SHOPS]
    targets += [declared(node_folder, name, {}) for name in ("broken", "standby")]
    config, policy = node_folder / "grace.yaml", node_folder / "policy.yaml"
    policy.write_text("version: 1\nstorm: {most_down: 100%}\n")
    policy.chmod(0o600)
    config.write_text(json.dumps({"targets": targets, "policy": str(policy)}))
    node = make_node(GRACE_CONFIG=str(config), GRACE_FLOWER__ENABLED="false").start().unread().until_ready(within=100)
    try:
        with closing(TwoPeople(node)) as made:
            yield made
    finally:
        for file in node_folder.glob("*.pid"):
            end(file)


def end(pid_file: Path) -> None:
    with suppress(ProcessLookupError):
        os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGKILL)


def starts(folder: Path) -> dict[str, int]:
    return {path.name.removesuffix(".starts"): path.stat().st_size for path in folder.glob("*.starts")}


def test_what_a_killed_worker_had_done_is_not_done_again(people: TwoPeople, node_folder: Path) -> None:
    first = people.order("/api/v1/plans", {"plan": start("standby")})
    until(lambda: first() == "succeeded", within=60)
    state = people.order("/api/v1/plans", {"plan": PLAN})

    until(lambda: state() and len(starts(node_folder)) > 7, within=60, every=0.02)
    kill(people)
    assert len(starts(node_folder)) < len(SHOPS), "too late"

    until(lambda: state() and ("intended",) in steps(people, "instead"), within=120, every=0.02)
    kill(people)
    assert steps(people, "instead") == [("intended",)]

    until(lambda: state() == "succeeded", within=120, instead=lambda: people.rows("SELECT step, state FROM steps"))
    assert starts(node_folder) == {**dict.fromkeys(SHOPS, 1), "standby": 2}
    assert (steps(people, "main"), steps(people, "instead")) == ([("replaced",)], [("done",)])


def start(name: str) -> Mapping[str, Any]:
    steps = [{"id": "start", "primitive": "restart_service"}]
    return {**PLAN, "name": "start_one", "target": name, "steps": steps, "expectations": [{"id": "runs", **WELL}]}


def kill(people: TwoPeople) -> None:
    os.kill(people.node.pid_of("healing"), signal.SIGKILL)


def steps(people: TwoPeople, step: str) -> list[Any]:
    return people.rows(f"SELECT state FROM steps WHERE step = '{step}'")
