"""Importing does nothing: no thread, no socket, no process, no reading of the environment, no logging set-up."""

import json
import subprocess
import sys

import pytest

from tests.architecture.house import PACKAGE, ROOT, rooms

SLOW = {"celery", "fastapi", "sqlalchemy", "psycopg", "redis", "sklearn", "scipy", "numpy", "rich", "uvicorn", "httpx"}
ROOMS = ["grace_workers", *(f"grace_workers.{room}" for room in sorted(rooms() - {"adapters", "bootstrap"}))]
# The goals are judged each day, in a process that lives on; only a forecast needs NumPy.
ROOMS += ["grace_workers.cycles.goals.evaluation"]


@pytest.mark.slow
def test_importing_any_module_does_nothing():
    done = _run("-m", "tests.architecture.importing")
    report = json.loads(done.stdout)
    assert report["told"] == []
    assert report["modules"] >= len([*PACKAGE.rglob("*.py")]) - 1


@pytest.mark.slow
@pytest.mark.parametrize("module", ROOMS)
def test_a_room_is_cheap_to_enter(module):
    done = _run("-c", f"import {module}, sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))")
    assert SLOW & set(done.stdout.split()) == set()


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-B", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return done
