"""What recipes write, and when they refuse: no test runs here."""

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from grace_workers.coding import Reason, coding_recipes
from grace_workers.coding.engines.recipe.insertion import imported
from grace_workers.coding.recipes.recipe import RecipeFiles, Site
from grace_workers.foundation.errors import InputError

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
COLUMN = {"table": "orders", "column": "paid", "kind": "boolean"}
STEP = "revision = '{}'\ndown_revision = {}\n"
FLASK = "from flask import Flask\n\napp = Flask(__name__)\n"
WORKER = "import celery\n\nqueue = celery.Celery('shop')\n"


def wrote(recipe: str, files: Mapping[str, str], **options: Any) -> RecipeFiles | Reason:
    found = coding_recipes()[recipe]
    site = Site(tuple(files), lambda name: files[name].encode())
    written: RecipeFiles | Reason = found.build(found.options.read(options, "options"), site)
    return written


@pytest.mark.parametrize(
    ("recipe", "files", "options", "words"),
    [
        ("health_endpoint", {"a.py": "x = 1\n"}, {}, "No module makes a FastAPI application at its top level."),
        ("health_endpoint", {"a.py": APP, "b.py": APP}, {}, "Several files make a FastAPI application: a.py, b.py;"),
        (
            "health_endpoint",
            {"a.py": f"{APP}app.get('/health')\n"},
            {},
            "The code has a route /health already",
        ),
        ("health_endpoint", {"a.py": APP, "health.py": ""}, {}, "health.py is there already"),
        ("celery_task", {"a.py": "def f():\n    pass\n"}, {"function": "a.py::f"}, "at its top level; found: none"),
        ("celery_task", {"a.py": WORKER}, {"function": "a.py::f"}, "a.py has no function 'f'"),
        ("celery_task", {"a.py": f"{WORKER}async def f():\n    pass\n"}, {"function": "a.py::f"}, "has no function"),
        ("retry", {"a.py": "def f():\n    yield 1\n"}, {"function": "a.py::f"}, "f is a generator"),
        ("retry", {"a.py": "async def f():\n    pass\n"}, {"function": "a.py::f"}, "that is not asynchronous"),
        ("retry", {"a.py": "@cache\ndef f():\n    pass\n"}, {"function": "a.py::f"}, "f has decorators already"),
        ("retry", {"a.py": "def f(:\n"}, {"function": "a.py::f"}, "a.py has no function 'f'"),
        ("flask_health", {"a.py": APP}, {}, "No module makes a Flask application at its top level."),
        ("flask_health", {"a.py": FLASK, "b.py": FLASK}, {}, "Several files make a Flask application: a.py, b.py;"),
        (
            "metrics",
            {"a.py": f"{APP}app.get('/metrics')\n"},
            {},
            "The code has a route /metrics already",
        ),
        ("metrics", {"a.py": APP, "metrics.py": ""}, {}, "metrics.py is there already"),
        ("rate_limit", {"a.py": APP, "rate_limit.py": ""}, {}, "rate_limit.py is there already"),
        ("rate_limit", {"a.py": APP}, {"application": "b.py"}, "No module makes a FastAPI application"),
        ("webhook_receiver", {"a.py": APP}, {"function": "a.py::f"}, "a.py has no function 'f'"),
        ("webhook_receiver", {"a.py": f"{APP}def f(m): ...\n"}, {"function": "a.py::f"}, "have to import itself"),
        ("cache", {"a.py": "@x\ndef f(): ...\n"}, {"function": "a.py::f"}, "f has decorators already"),
        ("cache", {"a.py": "def f():\n    yield 1\n"}, {"function": "a.py::f"}, "f is a generator"),
        ("cache", {"a.py": "async def f(): ...\n"}, {"function": "a.py::f"}, "that is not asynchronous"),
        ("cli_command", {"a.py": "def f(*x): ...\n"}, {"function": "a.py::f"}, "it takes any number of arguments"),
        ("cli_command", {"a.py": "def f(x: list): ...\n"}, {"function": "a.py::f"}, "x is a list"),
        ("cli_command", {"a.py": "def f(x=g()): ...\n"}, {"function": "a.py::f"}, "the default of x is not a plain"),
        ("cli_command", {"a.py": "def f(x=1e999): ...\n"}, {"function": "a.py::f"}, "of x is not a finite number"),
        ("cli_command", {"a.py": "def f(help=1): ...\n"}, {"function": "a.py::f"}, "--help, which is that of the help"),
        ("cli_command", {"a.py": "def f(a=1, a_=1): ...\n"}, {"function": "a.py::f"}, "a_ would have the option --a,"),
        (
            "cli_command",
            {"a.py": "def f(a=True, no_a=1): ...\n"},
            {"function": "a.py::f"},
            "--no-a, which is that of a",
        ),
        ("cli_command", {"a.py": "async def f(): ...\n"}, {"function": "a.py::f"}, "that is not asynchronous"),
        ("migration", {"a.py": "x = 1\n"}, COLUMN, "no other follows; found: none."),
        ("migration", {"v/a.py": STEP.format("1", None), "v/b.py": STEP.format("2", None)}, COLUMN, "v/a.py, v/b.py"),
        ("migration", {"v/a.py": STEP.format("1", None), "v/2_add_paid_to_orders.py": ""}, COLUMN, "is there already"),
        ("openapi_client", {}, {"document": "a.json", "file": "a.py"}, "There is no file a.json."),
        ("openapi_client", {"a.json": "{}", "a.py": ""}, {"document": "a.json", "file": "a.py"}, "is there already"),
        ("openapi_client", {"a.json": "{"}, {"document": "a.json", "file": "a.py"}, "cannot be used: it is no JSON"),
        ("openapi_client", {"a.json": '{"openapi": "2.0"}'}, {"document": "a.json", "file": "a.py"}, "of OpenAPI 3"),
        (
            "openapi_client",
            {"a.json": '{"openapi": "3.0", "paths": {"/a\\"": {"get": {}}}}'},
            {"document": "a.json", "file": "a.py"},
            "GET /a (its path has other signs",
        ),
        ("cause", {"causes/jam.yaml": ""}, {"name": "jam", "summary": "jams", "alerts": ["Jam"]}, "is there already"),
        ("restart_playbook", {"playbooks/restart_shop.yaml": ""}, {"service": "shop"}, "is there already"),
    ],
)
def test_a_recipe_that_does_not_fit_says_why(
    recipe: str, files: Mapping[str, str], options: dict[str, Any], words: str
) -> None:
    found = wrote(recipe, files, **options)
    assert isinstance(found, Reason)
    assert words in found.message


@pytest.mark.parametrize(
    ("recipe", "options"),
    [
        ("celery_task", {"function": "a.py::f\nimport os"}),
        ("celery_task", {"function": "a.py::f", "retry_on": ["Exception"]}),
        ("retry", {"function": "a.py::f", "errors": ["OSError, attempts=9)\nimport os  #"]}),
        ("restart_playbook", {"service": "shop\nsteps: []"}),
        ("webhook_receiver", {"function": "a.py::f", "path": '/x", status_code=200)\nimport os #'}),
        ("webhook_receiver", {"function": "a.py::f", "secret": 'S"; import os; "'}),
        ("webhook_receiver", {"function": "a.py::f", "header": 'X"Y'}),
        ("cli_command", {"function": "a.py::f(x)"}),
        ("cache", {"function": "a.py::f", "entries": 0}),
        ("rate_limit", {"requests": 0}),
        ("cause", {"name": "jam", "summary": "it jams"}),
        ("cause", {"name": "jam", "summary": "it jams", "log": "jam"}),
        ("cause", {"name": "jam", "summary": "a\nname: other", "alerts": ["Jam"]}),
        ("cause", {"name": "jam", "summary": "it jams", "alerts": ["Jam"], "folder": "../x"}),
        ("migration", {"table": "orders; drop", "column": "paid", "kind": "time"}),
        ("migration", {"table": "orders", "column": "paid", "kind": "sa.Text()"}),
        ("openapi_client", {"document": "a.json", "file": "../a.py"}),
        ("openapi_client", {"document": "a.json", "file": "import.py\n"}),
        ("restart_playbook", {"service": "shop", "folder": "../../etc"}),
        ("health_endpoint", {"surprise": 1}),
    ],
)
def test_options_that_would_write_something_else_are_refused(recipe: str, options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        wrote(recipe, {"a.py": "def f():\n    pass\n"}, **options)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "import b\nx = 1\n"),
        ('"""Words."""\n\nx = 1\n', '"""Words."""\n\nimport b\n\nx = 1\n'),
        ("from __future__ import annotations\nx = 1\n", "from __future__ import annotations\nimport b\nx = 1\n"),
        ("try:\n    import a\nexcept ImportError:\n    a = None\nimport c\nx = 1\n",
         "try:\n    import a\nexcept ImportError:\n    a = None\nimport c\nimport b\nx = 1\n"),
        ("import a", "import a\nimport b\n"),
    ],
)  # fmt: skip
def test_an_import_comes_after_the_others(before: str, after: str) -> None:
    assert imported(before, "import b") == after


def test_a_command_takes_the_parameters_of_its_function() -> None:
    code = "def pay(order: int, note='x', *, dry_run: bool = True, to: 'Path | None' = None):\n    'Pay 5 %.'\n"
    found = wrote("cli_command", {"shop/a.py": code}, function="shop/a.py::pay")
    assert isinstance(found, RecipeFiles)
    text = found.files["shop/pay_command.py"]
    assert "    result = pay(given.order, given.note, dry_run=given.dry_run, to=given.to)\n" in text
    assert "from pathlib import Path\n" in text
    assert (
        'parser.add_argument("--dry-run", dest="dry_run", action=argparse.BooleanOptionalAction, default=True)' in text
    )
    assert "WORDS = ['7', '--note', 'seven', '--dry-run', '--to', 'a/b']" in found.tests["tests/test_pay_command.py"]


def test_a_migration_follows_the_last_one_in_its_way_of_naming() -> None:
    files = {"v/a.py": STEP.format("3f2a9c01b7de", None), "v/b.py": STEP.format("77aa00bb11cc", "('3f2a9c01b7de',)")}
    found = wrote("migration", files, **COLUMN)
    assert isinstance(found, RecipeFiles)
    (file,) = found.files
    assert re.fullmatch(r"v/[0-9a-f]{12}_add_paid_to_orders\.py", file)
    assert 'down_revision = "77aa00bb11cc"' in found.files[file]


def test_a_hostile_document_writes_nothing_but_methods() -> None:
    hostile = 'x"""); import os; os.abort()  #\\'
    item = {
        "get": {"operationId": hostile, "summary": hostile, "parameters": [{"name": hostile, "in": "query"}]},
        "put": {"operationId": "class"},
        "post": {"operationId": "class"},
        "head": {"parameters": [{"name": "X", "in": "header", "required": True}]},
        "delete": {"parameters": [{"name": "a b", "in": "query"}, {"name": "a-b", "in": "query"}]},
    }
    document = {"openapi": "3.0.0", "info": {"title": hostile}, "paths": {"/a": item, f"/{{{hostile}}}": item}}
    found = wrote("openapi_client", {"a.json": json.dumps(document)}, document="a.json", file="a.py")
    assert isinstance(found, RecipeFiles)
    tree = ast.parse(found.files["a.py"])
    names = [one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    assert [name for name in names if not name.startswith("_")] == [
        "close", "x_import_os_os_abort", "class_", "class__2"
    ]  # fmt: skip
    assert not any(isinstance(one, ast.Call) and "abort" in ast.unparse(one.func) for one in ast.walk(tree))
    ast.parse(found.tests["tests/test_a.py"])
    assert "left out: DELETE /a (two of its parameters have one name in Python); HEAD /a" in found.story[1]
