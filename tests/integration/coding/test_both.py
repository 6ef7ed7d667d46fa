"""Code and its healing as one result, in a repository whose tests judge all of it."""

import subprocess

import pytest
import yaml

from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import Bench, patch_of, undertake
from tests.integration.coding.repositories import COMMAND, repository, state
from tests.unconfined import UnconfinedSandbox

pytestmark = pytest.mark.fleet

FILES = {
    "till.py": "def change(paid, price):\n    return price - paid\n",
    "tests/test_till.py": "from till import change\n\n\ndef test_change():\n    assert change(5, 3) == 2\n",
}
CAUSE = {
    "name": "till_jammed",
    "summary": "The till takes no coins: it is jammed.",
    "words": ["coin slot is jammed"],
    "log": "ERROR till: the coin slot is jammed again",
}
ASKED = {"task": "fix_bug", "cause": CAUSE, "playbook": {"service": "till"}}


def worked(folder, **more):
    workshop = workshop_in(UnconfinedSandbox())
    repo = workshop.open_repository(folder)
    bench = Bench(workshop=workshop, repository=repo, command=COMMAND, seconds=240.0, label="t")
    return undertake("both", {**ASKED, **more}, bench)


def test_a_repair_comes_with_its_probe_its_playbook_and_its_cause_in_one_patch(tmp_path):
    place = repository(tmp_path / "repo", FILES)
    before = state(place)
    work = worked(place)
    assert work.reason is None, work
    assert state(place) == before
    assert set(work.files) == {
        "till.py", "causes/till_jammed.yaml", "playbooks/restart_till.yaml", "tests/test_cause_till_jammed.py",
        "tests/test_restart_till.py",
    }  # fmt: skip
    cause, playbook = (yaml.safe_load(work.files[name]) for name in sorted(work.files) if name.endswith(".yaml"))
    assert cause["measures"][0]["check"] == "alive"
    assert playbook["when"]["causes"] == ["till_jammed"]
    assert playbook["expectations"][0]["check"] == "alive"
    subprocess.run(["git", "apply"], cwd=place, input=patch_of(work), text=True, check=True)
    done = subprocess.run([*COMMAND, "-o", "pythonpath=.", "tests"], cwd=place, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def test_code_whose_healing_does_not_hold_is_not_handed_on(tmp_path):
    place = repository(tmp_path / "repo", FILES)
    work = worked(place, cause={**CAUSE, "unlike": ["ERROR bank: the coin slot is jammed"]})
    assert work.files == {}
    assert work.reason.message.startswith("The code is ready, but not its cause: What was built does not work here:")
