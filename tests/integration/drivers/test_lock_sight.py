"""Whether a lock is stale is not judged where its owner cannot be seen."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sight import need_every_process

LOOK = """
import sys
from pathlib import Path
from grace_workers.drivers.files.tree import DirectoryTree
print(len(DirectoryTree(Path(sys.argv[1]), Path(sys.argv[2])).stale_locks(["*.lock"])))
"""


def look(folder: Path, *before: str) -> "subprocess.CompletedProcess[str]":
    program = [*before, sys.executable, "-c", LOOK, str(folder / "tree"), str(folder / "stash")]
    return subprocess.run(program, check=False, capture_output=True, text=True, timeout=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "backup.lock").write_text("4194303999\n")
    return tmp_path


def test_a_lock_is_judged_where_every_process_is_seen(folder: Path) -> None:
    need_every_process()
    assert look(folder).stdout.strip() == "1"


def test_no_lock_is_judged_within_a_container(folder: Path) -> None:
    apart = ["unshare", "--pid", "--fork", "--mount-proc"]
    if shutil.which(apart[0]) is None or subprocess.run([*apart, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user cannot make a PID namespace")
    seen = look(folder, *apart)
    assert seen.returncode == 1
    assert "cannot be seen from within a container" in seen.stderr
