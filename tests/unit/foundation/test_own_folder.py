"""Folders that a process must remove, and what is done when it could not."""

import os
import subprocess
import sys
from pathlib import Path

KILLED = """
import os, signal
from grace_workers.foundation.own_folder import own_folder
with own_folder("kind") as folder:
    (folder / "file").write_text("x")
    os.kill(os.getpid(), signal.SIGKILL)
"""
NEXT = """
from grace_workers.foundation.own_folder import own_folder
with own_folder("kind") as first, own_folder("kind") as second:
    print(*sorted(one.name for one in first.parent.iterdir() if one not in {first, second}))
    assert first.is_dir() and second.is_dir() and first != second
"""


def test_what_a_killed_process_left_is_removed_by_the_next_and_nothing_else(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", KILLED], check=False, env=environment)
    assert len(list(tmp_path.glob("kind-*"))) == 1
    (tmp_path / "kind-of-mine").mkdir()
    (tmp_path / f"kind-{os.getpid()}-used").mkdir()
    done = subprocess.run([sys.executable, "-c", NEXT], check=True, env=environment, capture_output=True, text=True)
    kept = sorted([f"kind-{os.getpid()}-used", "kind-of-mine"])
    assert done.stdout.split() == kept
    assert sorted(one.name for one in tmp_path.iterdir()) == kept
