"""`grace` as people run it: a separate process, and the one-sentence error for bad input."""

import os
import subprocess
from pathlib import Path

from tests.acceptance.ready_command import ROOT, run

WITHIN = 60


def grace(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in that folder, with only these `GRACE_` variables."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GRACE_")}
    known = {**clean, "PYTHONPATH": str(ROOT), "GRACE_DATA_DIR": str(folder / "data"), **environment}
    return run(arguments, folder, known, WITHIN)


def one_sentence(done: subprocess.CompletedProcess[str], code: int) -> str:
    """Return the message of a command that ended with this code: one line, and no traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith("grace: ")
    return done.stderr
