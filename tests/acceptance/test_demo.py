"""`grace demo`: every fault is healed as promised, the log verifies, and nothing is left behind, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from grace_workers.adapters.embedded.place import free_port
from tests.acceptance.fleet import ROOT, STOPPED_WITHIN
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.nodes]

FAULTS = 6
DONE_WITHIN = 200.0


class DemoProcess:
    """One `grace demo --exit` on `data_dir`."""

    def __init__(self, data_dir: Path, output: Path) -> None:
        self.data_dir = data_dir
        self.output = output
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GRACE_")},
            "GRACE_API__PORT": str(free_port()),
            "GRACE_FLOWER__PORT": str(free_port()),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "200",
        }
        with output.open("wb") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "grace_workers", "demo", "--exit", "--data-dir", str(data_dir)],
                cwd=data_dir.parent,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )

    def printed(self) -> str:
        return self.output.read_text()

    def left_behind(self) -> list[psutil.Process]:
        """Every live process that has to do with the demo's data: the node's and the shop's."""
        return [process for process in psutil.process_iter() if self._belongs(process)]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOPPED_WITHIN + 5)

    def _belongs(self, process: psutil.Process) -> bool:
        folder = str(self.data_dir)
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            named = any(folder in argument for argument in process.cmdline())
            return named or process.environ().get("GRACE_DATA_DIR") == folder
        except psutil.Error:
            return False


@pytest.fixture
def demo(node_folder):
    """Start demos on one data directory, one after the other."""
    made = []

    def start():
        made.append(DemoProcess(node_folder / "data", node_folder / f"printed-{len(made)}"))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.mark.timeout(450)
def test_the_demo_heals_every_fault_and_so_does_a_second_one_on_the_same_data(demo):
    for _ in range(2):
        running = demo()
        assert running.process.wait(DONE_WITHIN) == 0, running.printed()
        summary = running.printed().partition("What happened")[2]
        assert summary.count(" yes ") == FAULTS
        assert "audit log: intact" in summary
        assert "Traceback" not in running.printed()
        assert running.left_behind() == []


def test_ctrl_c_in_the_middle_of_the_demo_leaves_nothing_behind(demo):
    running = demo()
    until(lambda: "1/6" in running.printed() or running.process.poll() is not None, within=90, every=0.1)
    began = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    running.process.wait(STOPPED_WITHIN + 5)
    assert time.monotonic() - began < STOPPED_WITHIN
    assert running.process.returncode != 0
    assert "Traceback" not in running.printed()
    assert running.left_behind() == []
