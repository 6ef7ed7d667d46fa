"""The demo's own code: a small repository with a bug, its tests, and what its users saw of it."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TARGET = "shop-code"
_PRICING = '''"""What the shop charges."""

PRICES = {"tea": 3, "coffee": 4, "honey": 8}


def total(items):
    return sum(PRICES[item] for item in items)


def average(items):
    return total(items) / len(items)
'''
_TESTS = """from pricing import average, total


def test_total():
    assert total(["tea", "honey"]) == 11


def test_average():
    assert average(["tea", "coffee", "honey"]) == 5
"""
_PERSON = ("-c", "user.name=Shop", "-c", "user.email=shop@localhost", "-c", "commit.gpgSign=false")
_START = "Traceback (most recent call last):"


def missing() -> str:
    """Return what this machine lacks for working on code; empty if nothing."""
    if shutil.which("git") is None:
        return "git"
    return "" if find_spec("pytest") else "pytest in the interpreter of Grace"


def write_code(folder: Path) -> None:
    """Make the repository as it was before anything was mended."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tests").mkdir(parents=True)
    (folder / "pricing.py").write_text(_PRICING, encoding="utf-8")
    (folder / "tests" / "test_pricing.py").write_text(_TESTS, encoding="utf-8")
    if missing():
        return
    for words in (("init", "--quiet", "--initial-branch=main"), ("add", "--all"), ("commit", "--quiet", "-m", "Open")):
        _git(folder, *words)


def target_of(folder: Path) -> dict[str, Any]:
    """Return the target as the settings declare it."""
    # Where Grace is developed, the plugin of kmock is installed without the one that it needs.
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:kmock"]
    connection = {"repository": str(folder), "python": sys.executable, "pytest": options}
    return {"name": TARGET, "kind": "git", "owner": "internal", "connection": connection}


def last_traceback(log: Path) -> str:
    """Return the last traceback of a log, with the line before it."""
    rows = log.read_text(encoding="utf-8", errors="replace").splitlines()
    starts = [at for at, row in enumerate(rows) if row == _START]
    return "\n".join(rows[max(starts[-1] - 1, 0) :]) if starts else ""


def history(folder: Path) -> str:
    """Return the subjects of the branch's commits, newest first."""
    return _git(folder, "log", "--format=%s", "main")


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(  # noqa: S603 - no shell, and words of ours
        ["git", *_PERSON, *words],  # noqa: S607 - wherever the user has it
        cwd=folder,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout
