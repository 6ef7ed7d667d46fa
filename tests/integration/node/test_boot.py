"""The order of a node's own boot, with small real processes instead of the fleet's."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from grace_workers.node.boot_memory import BootMemory
from tests.waiting import until

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / "tests" / "integration" / "node" / "small_node.py"


class Running:
    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(folder), *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until_ready(self) -> list[int]:
        for line in self.process.stdout:
            if line.startswith("ready"):
                return [int(pid) for pid in line.split()[1:]]
        raise AssertionError(f"the node ended: {self.process.stderr.read()}")

    def ends(self, within: float) -> int:
        return self.process.wait(within)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def launch(tmp_path):
    running = []

    def start(*arguments: str, folder: Path = tmp_path / "data") -> Running:
        node = Running(folder, *arguments)
        running.append(node)
        return node

    yield start
    for node in running:
        node.close()


def gone(pids) -> bool:
    return not any(psutil.pid_exists(pid) for pid in pids)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_the_exit_code_is_zero(launch, number):
    node = launch()
    pids = node.until_ready()
    node.process.send_signal(number)
    assert node.ends(10) == 0
    assert gone(pids)


@pytest.mark.parametrize("where", ["boot", "ready"])
def test_what_a_call_says_that_the_signal_tore_apart_is_no_failure_of_the_node(launch, where):
    node = launch("--torn", where)
    pids = node.until_ready()
    node.process.send_signal(signal.SIGINT)
    assert node.ends(10) == 0
    assert "Traceback" not in node.process.stderr.read()
    assert BootMemory(node.folder).failures() == []
    assert gone(pids)


def test_a_signal_that_the_kernel_hands_to_another_thread_stops_the_node_too(launch):
    node = launch("--sideways")
    pids = node.until_ready()
    (node.folder / "sideways").touch()
    assert node.ends(10) == 0
    assert gone(pids)


def test_a_pool_has_ended_before_anything_else_is_asked_to(launch):
    node = launch("--pool", "--port", "auto")
    node.until_ready()
    node.process.send_signal(signal.SIGTERM)
    said = node.process.stdout.read().splitlines()
    assert said.index("one stopped") < said.index("listener stopped")
    assert node.ends(10) == 0


def test_a_killed_node_leaves_no_process(launch):
    node = launch()
    pids = node.until_ready()
    node.process.kill()
    until(lambda: gone(pids), within=10)


def test_a_second_signal_ends_a_child_that_takes_its_time(launch):
    node = launch("--stubborn")
    pids = node.until_ready()
    node.process.send_signal(signal.SIGINT)
    until(lambda: "stop started" in node.process.stdout.readline(), within=5)
    began = time.monotonic()
    node.process.send_signal(signal.SIGINT)
    assert node.ends(10) == 0
    assert time.monotonic() - began < 3
    assert gone(pids)


def test_a_second_node_on_the_same_data_is_refused_in_one_sentence(launch):
    launch().until_ready()
    second = launch()
    assert second.ends(10) == 2
    assert "in use by another node" in second.process.stderr.read()


def test_a_port_in_use_is_one_sentence_that_names_the_setting(launch):
    first = launch("--port", "auto")
    first.until_ready()
    port = int((first.folder / "port").read_text())
    second = launch("--port", str(port), folder=first.folder.with_name("other"))
    assert second.ends(10) == 2
    assert f"port {port} on 127.0.0.1 is in use" in second.process.stderr.read()


def test_a_boot_that_fails_stops_what_had_started_and_says_why(launch, tmp_path):
    node = launch("--broken")
    assert node.ends(20) == 2
    assert "broken cannot start: ended with exit code 3" in node.process.stderr.read()
    told = node.process.stdout.read().splitlines()
    rolled_back = told[told.index("roll back started") : told.index("roll back done") + 1]
    assert rolled_back[1:-1] == ["broken stopped", "one stopped"]
    assert not (tmp_path / "data" / "node.json").exists()


def test_a_required_kernel_that_fails_its_full_contract_rolls_the_whole_boot_back(launch, tmp_path):
    node = launch("--unfit")
    assert node.ends(30) == 2
    assert "the canary job came back with another's nonce" in node.process.stderr.read()
    told = node.process.stdout.read().splitlines()
    assert told.index("contract tests failed") < told.index("roll back started") < told.index("roll back done")
    assert "one stopped" in told[told.index("roll back started") :]
    assert not any(line.startswith("ready") for line in told)
    assert not (tmp_path / "data" / "node.json").exists()
    assert steps_of(node)[-3:] == [
        "contract tests: contract tests failed",
        "roll back: roll back started",
        "roll back: roll back rolled_back",
    ]


def steps_of(node: Running) -> list[str]:
    """Return the published steps, each published once."""
    numbered = [line.split(" ", 1) for line in (node.folder / "events").read_text().splitlines()]
    assert len({number for number, _ in numbered}) == len(numbered)
    return [told for _, told in numbered]


def test_every_step_of_a_boot_is_an_event_also_what_came_before_the_database(launch):
    node = launch()
    node.until_ready()
    until(lambda: "contract tests: contract tests passed" in steps_of(node), within=5)
    told = steps_of(node)
    assert told[:3] == ["preflight: preflight started", "preflight: ports passed", "preflight: preflight passed"]
    assert "agents: one passed" in told
    assert "contract tests: one passed" in told


def test_a_boot_that_is_rolled_back_publishes_why_as_its_last_step(launch):
    node = launch("--broken")
    assert node.ends(20) == 2
    assert steps_of(node)[-3:] == [
        "observability and autonomy: observability and autonomy failed",
        "roll back: roll back started",
        "roll back: roll back rolled_back",
    ]


def test_a_database_that_takes_no_events_stops_no_boot_and_no_stop(launch):
    node = launch("--silent")
    pids = node.until_ready()
    node.process.send_signal(signal.SIGINT)
    assert node.ends(15) == 0
    assert gone(pids)


def test_a_killed_child_is_back_and_the_state_file_says_so(launch):
    node = launch()
    (first, *_) = node.until_ready()
    os.kill(first, signal.SIGKILL)

    def restarted() -> bool:
        child = json.loads((node.folder / "node.json").read_text())["children"]["one"]
        return child["state"] == "ready" and child["restarts"] == 1 and child["pid"] != first

    until(restarted, within=3)


def test_a_node_can_start_again_after_it_was_killed(launch):
    first = launch()
    first.until_ready()
    first.process.kill()
    first.process.wait()
    again = launch()
    again.until_ready()
    again.process.terminate()
    assert again.ends(10) == 0


def test_an_optional_kernel_that_fails_degrades_the_node_and_is_retried_until_it_starts(launch):
    node = launch("--optional")
    node.until_ready()

    def said() -> dict:
        return json.loads((node.folder / "node.json").read_text())

    assert said()["health"] == "degraded"
    assert said()["note"] == "not ready: extra, beyond"
    assert said()["kernels"]["extra"]["told"] == "extra is not there; make the file `mended`"
    assert said()["kernels"]["beyond"]["told"] == "beyond needs extra, which is failed"
    (node.folder / "mended").touch()
    until(lambda: said()["health"] == "healthy", within=20)
    assert said()["kernels"]["beyond"]["state"] == "ready"


@pytest.mark.fleet
def test_a_node_whose_boots_keep_failing_waits_and_says_so(launch):
    for _ in range(3):
        assert launch("--broken").ends(20) == 2
    node = launch("--broken")
    until(lambda: "boot limit waiting" in node.process.stdout.readline(), within=10)
    node.process.send_signal(signal.SIGTERM)
    assert node.ends(10) == 0
