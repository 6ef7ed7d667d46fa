import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grace_workers.coding.scratch import scratch_folder

HOLD = """
import sys
from grace_workers.coding.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "tree").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


def holding(temporary: Path) -> tuple[subprocess.Popen[str], Path]:
    """Start a process that works in a folder until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


@pytest.mark.slow
def test_what_a_killed_process_left_is_removed_by_the_next_work_and_what_lives_is_not(tmp_path: Path) -> None:
    killed, left = holding(tmp_path)
    living, kept = holding(tmp_path)
    killed.kill()
    killed.communicate()
    assert left.is_dir()
    third, own = holding(tmp_path)
    assert (left.exists(), kept.is_dir(), own.is_dir()) == (False, True, True)
    for process in (living, third):
        process.communicate("")
    assert list(tmp_path.glob("grace-coding-*")) == []


@pytest.mark.slow
def test_a_link_of_that_name_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "grace-coding-x").symlink_to(other)
    process, _ = holding(tmp_path)
    process.communicate("")
    assert other.is_dir()


@pytest.mark.slow
def test_work_that_begins_everywhere_at_once_keeps_its_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def works(_: int) -> bool:
        with scratch_folder() as folder:
            (folder / "kept").touch()
            return (folder / "kept").exists()

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(works, range(800)))
    assert list(tmp_path.iterdir()) == []
