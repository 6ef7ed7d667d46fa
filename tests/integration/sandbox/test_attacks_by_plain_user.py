"""Hostile programs started by a user without rights: only the sandbox protects that user's files from them."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.integration.sandbox.attacks import ATTACKS
from tests.integration.sandbox.conftest import held

ROOT = Path(__file__).parents[3]
USER = 54_321


@pytest.mark.fleet
@pytest.mark.parametrize(
    ("level", "topics"),
    [
        ("bubblewrap", ("files", "network", "processes", "resources")),
        ("bubblewrap-bound-proc", ("files", "processes")),
        ("landlock", ("files", "kernel", "network", "processes", "resources")),
    ],
)
def test_no_hostile_program_harms_a_user_without_rights(level, topics):
    held(level)
    assert set(topics) <= {name.split(":")[0] for name in ATTACKS}
    done = subprocess.run(
        [_python(), "-B", "-m", "tests.integration.sandbox.attacked", level, *topics],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": sysconfig.get_path("purelib")},
        capture_output=True,
        text=True,
        check=False,
        **({"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}),
    )
    assert done.stderr == ""
    assert json.loads(done.stdout) == {}


HELD = """
import sys
from grace_workers.adapters.sandbox.landlock import Landlock
from grace_workers.adapters.sandbox.selftest import trouble_with
sys.stdout.write(trouble_with(Landlock()) or "it holds")
"""
BUSY = """
import sys, threading
ends = threading.Event()
[threading.Thread(target=ends.wait, daemon=True).start() for _ in range(200)]
print("busy", flush=True)
sys.stdin.read()
"""
APART = (
    "unshare",
    "--pid",
    "--fork",
    "--mount-proc",
    "setpriv",
    f"--reuid={USER}",
    f"--regid={USER}",
    "--clear-groups",
)


def test_threads_of_its_user_in_other_containers_take_nothing_from_a_program():
    """The kernel counts them against the same limit, and /proc does not show them."""
    held("landlock")
    if os.geteuid() != 0 or subprocess.run([*APART, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip(reason="making a container's view of the processes takes root and unshare")
    python, rights = _python(), {"user": USER, "group": USER, "extra_groups": []}
    with subprocess.Popen(
        [python, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", **rights
    ) as other:
        assert other.stdout.readline() == b"busy\n"
        done = subprocess.run(
            [*APART, python, "-B", "-c", HELD],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}"},
            capture_output=True,
            text=True,
            check=False,
        )
        other.stdin.close()
    assert (done.stdout, done.stderr) == ("it holds", "")


def _python() -> str:
    """Return a Python that the user can reach, because ours may be in a folder that only root may enter."""
    if os.geteuid() != 0:
        return os.path.realpath(sys.executable)
    for python in (os.path.realpath(sys.executable), shutil.which("python3", path="/usr/bin:/usr/local/bin")):
        if python is not None and _is_reached(python):
            return python
    pytest.skip(reason="no Python 3.11 and this checkout are within reach of a user without rights on this machine")


def _is_reached(python: str) -> bool:
    """Return whether the user can run it, it is new enough, and the user can read the checkout."""
    code = f"import sys, os; os.listdir({str(ROOT)!r}); sys.exit(sys.version_info < (3, 11))"
    try:
        done = subprocess.run(
            [python, "-c", code], user=USER, group=USER, extra_groups=[], capture_output=True, check=False, cwd="/"
        )
    except PermissionError:
        return False
    return done.returncode == 0
