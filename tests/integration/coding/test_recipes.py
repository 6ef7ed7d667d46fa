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
SITE = '''"""The shop's old pages."""

from flask import Flask

site = Flask("shop")
'''
ORDER = '''"""Orders."""

from pathlib import Path


def take(message):
    """Take an order that came by message."""


def price(number: int, *, currency: str = "EUR"):
    """Return what an order costs."""
    return f"{number * 2} {currency}"


def export(orders: Path, limit: int, rate: float = 1.0, *, dry: bool = False):
    """Write orders, 100 % of them."""
    return None if dry else f"{orders} {limit} {rate}"
'''
API = """{
  "openapi": "3.1.0",
  "info": {"title": "Warehouse"},
  "paths": {
    "/items/{item-id}": {
      "parameters": [{"$ref": "#/components/parameters/item"}],
      "get": {
        "operationId": "getItem",
        "summary": "Return an item",
        "parameters": [{"name": "atPlace", "in": "query", "schema": {"type": "boolean"}},
                       {"name": "limit", "in": "query", "required": true, "schema": {"type": "integer"}}]
      },
      "put": {"requestBody": {"required": true, "content": {"application/json": {}}}}
    },
    "/upload": {"post": {"requestBody": {"content": {"text/csv": {}}}}}
  },
  "components": {"parameters": {"item": {"name": "item-id", "in": "path", "schema": {"type": "string"}}}}
}
"""
STEP = """import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = None


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer()))


def downgrade():
    op.drop_table("orders")
"""
FILES = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n',
    "shop/__init__.py": "",
    "shop/main.py": MAIN,
    "shop/worker.py": WORKER,
    "shop/payment.py": PAYMENT,
    "shop/site.py": SITE,
    "shop/order.py": ORDER,
    "api/warehouse.json": API,
    "alembic/versions/0007_orders.py": STEP,
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
    "http_endpoint": Case(
        "build_feature",
        {
            "function": "shop/order.py::price",
            "application": "shop/main.py",
            "path": "/orders/{number}",
            "method": "GET",
        },
        {"shop/main.py", "tests/test_price_endpoint.py"},
        '@app.get("/orders/{number}")',
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
    "flask_health": Case(
        "build_feature",
        {},
        {"shop/health.py", "shop/site.py", "tests/test_health.py"},
        "site.register_blueprint(health_blueprint)",
    ),
    "metrics": Case(
        "build_feature",
        {},
        {"shop/metrics.py", "shop/main.py", "tests/test_metrics.py"},
        "app.include_router(metrics_router)",
    ),
    "rate_limit": Case(
        "build_feature",
        {"requests": 100, "seconds": 10},
        {"shop/rate_limit.py", "shop/main.py", "tests/test_rate_limit.py"},
        "app.add_middleware(Limited, rate=Rate(requests=100, seconds=10))",
    ),
    "webhook_receiver": Case(
        "build_feature",
        {"function": "shop/order.py::take", "path": "/webhooks/orders", "largest": 100},
        {"shop/webhook.py", "shop/main.py", "tests/test_webhook.py"},
        "app.include_router(webhook_router)",
    ),
    "cache": Case(
        "integrate",
        {"function": "shop/order.py::price"},
        {"shop/cached.py", "shop/order.py", "tests/test_cached_price.py"},
        "@cached(seconds=60, entries=1000)",
    ),
    "cli_command": Case(
        "build_feature",
        {"function": "shop/order.py::export"},
        {"shop/export_command.py", "tests/test_export_command.py"},
        '    parser.add_argument("limit", type=int)',
    ),
    "migration": Case(
        "build_feature",
        {"table": "orders", "column": "paid_at", "kind": "time"},
        {"alembic/versions/0008_add_paid_at_to_orders.py", "tests/test_add_paid_at_to_orders.py"},
        'down_revision = "0007"',
    ),
    "openapi_client": Case(
        "integrate",
        {"document": "api/warehouse.json", "file": "shop/warehouse.py"},
        {"shop/warehouse.py", "tests/test_warehouse.py"},
        "    def get_item(self, item_id: str, *, limit: int, at_place: bool | None = None) -> Any:",
    ),
    "cause": Case(
        "extend",
        {
            "name": "till_jammed",
            "summary": "The till takes no coins: it is jammed.",
            "words": ["coin slot is jammed"],
            "alerts": ["TillJammed"],
            "log": "ERROR till: the coin slot is jammed again",
            "unlike": ["INFO till: the paper tray is empty"],
        },
        {"causes/till_jammed.yaml", "tests/test_cause_till_jammed.py"},
        "name: till_jammed",
    ),
    "definition": Case(
        "extend",
        {
            "kind": "check",
            "name": "till_days",
            "like": "certificate_days",
            "package": "shop",
            "values": {"unit": "days", "summary": "Days until the till's certificate expires."},
        },
        {"shop/check_till_days.py", "pyproject.toml", "tests/test_check_till_days.py"},
        "    unit='days',",
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
QUICK = ("cli_command", "openapi_client", "restart_playbook")


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=[] if one in QUICK else [pytest.mark.fleet]) for one in sorted(CASES)]
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
