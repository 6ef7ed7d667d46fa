"""Every recipe on a real repository: what it builds runs there, its tests hold, and what was there stays as it was."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import Bench, CodingWork, coding_recipes, patch_of, undertake
from tests.integration.coding.repositories import COMMAND, git, repository, state
from tests.unconfined import UnconfinedSandbox

MAIN = '''"""The shop's pages."""

from fastapi import FastAPI

app = FastAPI(
    title="Shop",
)


@app.get("/catalog")
def catalog():
    return ["tea", "honey"]
'''
WORKER = '''"""The shop's worker."""

from celery import Celery

worker = Celery("shop", broker="memory://", backend="cache+memory://")
'''
PAYMENT = '''"""Payments."""

import socket


def charge(order, amount):
    """Charge a customer."""
    return f"charged {amount} for {order}"


class Gateway:
    """The bank."""

    def pay(self, amount):
        with socket.create_connection(("bank.example", 443)) as connection:
            return connection.send(str(amount).encode())
'''
FILES = {
    "shop/__init__.py": "",
    "shop/main.py": MAIN,
    "shop/worker.py": WORKER,
    "shop/payment.py": PAYMENT,
    "tests/test_payment.py": "from shop.payment import charge\n\n\ndef test_charge():\n    assert charge(1, 2)\n",
}


@dataclass(frozen=True)
class Case:
    """A recipe with its options, the files that it changes, and a line that the code then has."""

    task: str
    options: dict[str, Any]
    files: set[str]
    line: str


CASES = {
    "health_endpoint": Case(
        "build_feature",
        {},
        {"shop/health.py", "shop/main.py", "tests/test_health.py"},
        "app.include_router(health_router)",
    ),
    "celery_task": Case(
        "build_feature",
        {"function": "shop/payment.py::charge", "attempts": 4},
        {"shop/charge_task.py", "shop/worker.py", "tests/test_charge_task.py"},
        "from shop import charge_task as _charge_task",
    ),
    "retry": Case(
        "integrate",
        {"function": "shop/payment.py::Gateway.pay", "errors": ["OSError", "socket.gaierror"]},
        {"shop/retrying.py", "shop/payment.py", "tests/test_retrying_pay.py"},
        "    @retrying(OSError, socket.gaierror, attempts=3)",
    ),
    "restart_playbook": Case(
        "extend",
        {"service": "shop"},
        {"playbooks/restart_shop.yaml", "tests/test_restart_shop.py"},
        "name: restart_shop",
    ),
}


def bench(folder: Path) -> Bench:
    workshop = workshop_in(UnconfinedSandbox())
    repo = workshop.open_branch(folder, "main")
    return Bench(workshop=workshop, repository=repo, command=COMMAND, seconds=120.0, label="task_1")


def worked(folder: Path, task: str, recipe: str, **options: Any) -> CodingWork:
    return undertake(task, {"recipe": recipe, "options": options}, bench(folder))


def test_every_recipe_has_a_case() -> None:
    assert CASES.keys() == set(coding_recipes().names)


# A run of the suite before, and two after, is what the proof needs; FastAPI and Celery take seconds to import.
SLOW = ("celery_task", "health_endpoint", "retry")


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=[pytest.mark.fleet] if one in SLOW else []) for one in sorted(CASES)]
)
def test_what_a_recipe_builds_works_in_the_repository_it_was_built_into(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    repo = repository(tmp_path / "repo", FILES)
    before = state(repo)
    work = worked(repo, case.task, name, **case.options)
    assert work.reason is None, work
    assert set(work.files) == case.files
    assert state(repo) == before
    subprocess.run(["git", "apply"], cwd=repo, input=patch_of(work), text=True, check=True)
    lines = [line for file in case.files for line in (repo / file).read_text().splitlines()]
    assert any(line.startswith(case.line) for line in lines)
    removed = git(repo, "diff", "--numstat").splitlines()
    # Nothing that was there is changed: lines are only added.
    assert [row for row in removed if row.split("\t")[1] != "0"] == []


@pytest.mark.fleet
def test_what_does_not_work_here_is_not_handed_on(tmp_path: Path) -> None:
    shadowed = {**FILES, "shop/main.py": f"{MAIN}\n\n@app.middleware('http')\nasync def closed(request, call_next):\n"
                "    from fastapi import Response\n\n    return Response(status_code=418)\n"}  # fmt: skip
    repo = repository(tmp_path / "repo", shadowed)
    work = worked(repo, "build_feature", "health_endpoint")
    assert work.files == {}
    assert work.reason is not None
    assert work.reason.code == "broke_tests"
    assert work.reason.message.startswith("What was built does not work here: tests/test_health.py::test_")
