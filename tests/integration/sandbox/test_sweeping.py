"""What a killed process left of its sandboxes is removed by the next one, also where root had lent it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from grace_workers.adapters.sandbox.folders import sweep


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def left_by(process: int, folder: Path) -> Path:
    made = folder / f"grace-sandbox-{process}-x"
    (made / "deep").mkdir(parents=True)
    (made / "deep" / "file").write_text("left")
    return made


def test_folders_of_a_dead_process_go_and_those_of_a_living_one_stay(tmp_path: Path, dead: int) -> None:
    gone, here = left_by(dead, tmp_path), left_by(os.getpid(), tmp_path)
    sweep()
    assert not gone.exists()
    assert (here / "deep" / "file").is_file()


def test_a_folder_that_root_had_lent_goes_too(tmp_path: Path, dead: int) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root lends folders")
    gone = left_by(dead, tmp_path)
    for path in (gone, gone / "deep", gone / "deep" / "file"):
        os.chown(path, 0x70000000 + dead, 0x70000000 + dead)
    sweep()
    assert not gone.exists()
