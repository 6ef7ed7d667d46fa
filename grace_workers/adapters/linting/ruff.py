"""Ruff's security rules, which are those of Bandit: they cover what the hunter's own rules do not."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from grace_workers.coding import HunterFinding
from grace_workers.foundation.errors import PermanentError, TransientError

RULES = ("S103", "S202", "S323", "S501", "S502", "S503", "S504", "S505", "S507", "S508", "S509", "S601", "S609", "S612",
         "S701", "S702")  # fmt: skip
"""The rules of ruff whose findings are nearly always faults; rules that mostly concern style are left out."""

_WITHIN = 120.0
_FOUND, _CLEAN = 1, 0


def ruff_findings(path: Path) -> Sequence[HunterFinding]:
    """Return what ruff finds below a path. The repository's own settings and exceptions are ignored.

    Raises:
        PermanentError: ruff is not installed, or fails.
        TransientError: it does not end in time.
    """
    program = _program()
    if program is None:
        raise PermanentError("ruff is not installed; install grace-workers[coding]")
    command = [program, "check", "--isolated", "--no-cache", "--ignore-noqa", "--exit-zero", "--output-format", "json",
               "--select", ",".join(RULES), "--", str(path)]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=_WITHIN, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - it runs nothing of what it reads
    except subprocess.TimeoutExpired as error:
        raise TransientError(f"ruff did not end within {_WITHIN:g} s; scan a part of the repository") from error
    if done.returncode != _CLEAN:
        raise PermanentError(f"ruff fails: {done.stderr.decode(errors='replace').strip()[:300]}")
    root = path.resolve()
    return [
        _finding(one, root if root.is_dir() else root.parent)
        for one in json.loads(done.stdout)
        if one.get("code") in RULES
    ]


def _finding(said: dict[str, object], root: Path) -> HunterFinding:
    place = said["location"]
    line = place["row"] if isinstance(place, dict) else 1
    file = Path(str(said["filename"]))
    message = str(said["message"])
    return HunterFinding(
        file=str(file.relative_to(root)) if file.is_relative_to(root) else str(file),
        line=int(line),
        rule=f"ruff_{str(said['code']).lower()}",
        why=message[:1].lower() + message[1:],
    )


def _program() -> str | None:
    """Return the ruff beside our Python, or else one on the PATH."""
    return shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
