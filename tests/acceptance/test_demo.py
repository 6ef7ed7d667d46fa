"""`grace demo`: every fault is healed as promised, the log verifies, and nothing is left behind, however it ends."""

import json
import os
import pwd
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest

from grace_workers.adapters.embedded.place import free_port
from grace_workers.foundation.live_processes import live_processes
from tests.acceptance.fleet import ROOT, STOPPED_WITHIN
from tests.ownership import belongs
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.nodes]

FAULTS = 7
DONE_WITHIN = 300.0
ALERT, WRONG_REMEDY, CODE = 5, 6, 7
AGREED = "you approve it through the API"
PUT_BACK = r"contract not met .*; restored: clear: restored 600 files$"


def plain_user() -> pwd.struct_passwd | None:
    """The user to whom root lends demos; None if we are not root, or if only root may read the project."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody")
    command = [sys.executable, "-c", "import grace_workers.entrypoints.demo.run"]
    try:
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True, **lent(user))
    except (PermissionError, subprocess.CalledProcessError):
        return None
    return user


def lent(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Arguments of `Popen` that make the process this user's."""
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class DemoProcess:
    """One `grace demo` on `data_dir`, as `user` if one is given."""

    def __init__(self, data_dir: Path, output: Path, *options: str, user: pwd.struct_passwd | None = None) -> None:
        self.data_dir = data_dir
        self.output = output
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GRACE_")},
            "GRACE_API__PORT": str(free_port()),
            "GRACE_FLOWER__PORT": str(free_port()),
            "PYTHONPATH": str(ROOT),
            "HOME": str(data_dir.parent),
            "COLUMNS": "200",
        }
        with output.open("wb") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "grace_workers", "demo", *options, "--data-dir", str(data_dir)],
                cwd=data_dir.parent,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                **lent(user),
            )

    def printed(self) -> str:
        return self.output.read_text()

    def fault(self, number: int) -> str:
        """Return the output about one fault."""
        following = "What happened" if number == FAULTS else f"\n{number + 1}/{FAULTS}  "
        return self.printed().partition(f"\n{number}/{FAULTS}  ")[2].partition(following)[0]

    def interrupt(self) -> float:
        """Press Ctrl-C and wait for the end; return the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(STOPPED_WITHIN + 5)
        return time.monotonic() - began

    def left_behind(self) -> list[psutil.Process]:
        """Return every live process that uses the demo's data: the node's and the shop's."""
        return [process for process in live_processes() if self._belongs(process)]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOPPED_WITHIN + 5)

    def _belongs(self, process: psutil.Process) -> bool:
        try:
            return belongs(process, self.data_dir)
        except psutil.Error:
            return False


@pytest.fixture
def demo(node_folder):
    """Start demos on one data directory, one after another, all as the same user."""
    made = []

    def start(*options, user=None):
        if user is not None:
            os.chown(node_folder, user.pw_uid, user.pw_gid)
        made.append(DemoProcess(node_folder / "data", node_folder / f"printed-{len(made)}", *options, user=user))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.mark.fleet
@pytest.mark.timeout(450)
def test_the_demo_heals_every_fault_and_leaves_a_fleet_to_look_at(demo):
    played = demo(user=plain_user())
    until(
        lambda: "audit verify" in played.printed() or played.process.poll() is not None, within=DONE_WITHIN, every=0.1
    )
    healed_every_fault(played)
    leaves_a_fleet_to_look_at(played)
    assert played.interrupt() < STOPPED_WITHIN
    assert played.left_behind() == []
    assert "Traceback" not in played.printed()


@pytest.mark.fleet
@pytest.mark.timeout(450)
def test_a_second_demo_on_the_same_data_heals_every_fault_too(demo):
    user = plain_user()
    for _ in range(2):
        played = demo("--exit", user=user)
        assert played.process.wait(DONE_WITHIN) == 0, played.printed()
        healed_every_fault(played)
        assert played.left_behind() == []


@pytest.mark.fleet
def test_ctrl_c_in_the_middle_of_the_demo_leaves_nothing_behind(demo):
    running = demo("--exit")
    until(lambda: f"1/{FAULTS}" in running.printed() or running.process.poll() is not None, within=90, every=0.1)
    assert running.interrupt() < STOPPED_WITHIN
    assert running.process.returncode != 0
    assert "Traceback" not in running.printed()
    assert running.left_behind() == []


def healed_every_fault(running):
    summary = running.printed().partition("What happened")[2]
    assert summary.count(" yes ") == FAULTS, running.printed()
    assert "audit log: intact" in summary
    assert "\nevery fault ended as expected" in summary
    assert "Traceback" not in running.printed()
    for number in range(1, FAULTS + 1):
        for stage in ("snapshot", "execute", "verify"):
            assert took(stage, running.fault(number)), (stage, running.fault(number))
    assert AGREED in running.fault(ALERT)
    assert took("verify", running.fault(WRONG_REMEDY), PUT_BACK)
    assert "the coding agent has a verified patch: Fix ZeroDivisionError" in running.fault(CODE)
    assert took("execute", running.fault(CODE), "propose: branch grace/fix-bug-")


def took(stage, printed, words=""):
    """Find a stage with the moment it ended at, its own duration, and these words about it."""
    return re.search(rf"^ +\d+\.\d\d s  {stage} +\d+ ms  .*{words}", printed, re.MULTILINE)


def leaves_a_fleet_to_look_at(running):
    said = running.printed().partition("The fleet keeps running")[2]
    urls = dict(re.findall(r"^  (\w+) +(http://\S+)$", said, re.MULTILINE))
    token = re.search(r"^  token +(\S+)$", said, re.MULTILINE)[1]
    assert set(urls) >= {"api", "flower"}
    for command in ("incident list", "heal shop --playbook restart_dead_service", "audit verify"):
        assert re.search(rf"^  \S*grace {command}", said, re.MULTILINE)
    address = f"{urls['api'].removesuffix('/docs')}/elite/status"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert (answer.status, len(json.load(answer)["instances"])) == (200, 1)
