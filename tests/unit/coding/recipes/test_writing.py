"""What recipes write, and when they refuse: no test runs here."""

from collections.abc import Mapping
from typing import Any

import pytest

from grace_workers.coding import Reason, coding_recipes
from grace_workers.coding.engines.recipe.insertion import imported
from grace_workers.coding.recipes.recipe import RecipeFiles, Site
from grace_workers.foundation.errors import InputError

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
WORKER = "import celery\n\nqueue = celery.Celery('shop')\n"


def wrote(recipe: str, files: Mapping[str, str], **options: Any) -> RecipeFiles | Reason:
    found = coding_recipes()[recipe]
    site = Site(tuple(files), lambda name: files[name].encode())
    written: RecipeFiles | Reason = found.write(found.options.read(options, "options"), site)
    return written


@pytest.mark.parametrize(
    ("recipe", "files", "options", "words"),
    [
        ("health_endpoint", {"a.py": "x = 1\n"}, {}, "No module makes a FastAPI application at its top level."),
        ("health_endpoint", {"a.py": APP, "b.py": APP}, {}, "Several files make a FastAPI application: a.py, b.py;"),
        ("health_endpoint", {"a.py": f"{APP}app.get('/health')\n"}, {}, "The code has routes below /health already."),
        ("health_endpoint", {"a.py": APP, "health.py": ""}, {}, "health.py is there already"),
        ("celery_task", {"a.py": "def f():\n    pass\n"}, {"function": "a.py::f"}, "at its top level; found: none"),
        ("celery_task", {"a.py": WORKER}, {"function": "a.py::f"}, "a.py has no plain function 'f'"),
        ("celery_task", {"a.py": f"{WORKER}async def f():\n    pass\n"}, {"function": "a.py::f"}, "no plain function"),
        ("retry", {"a.py": "def f():\n    yield 1\n"}, {"function": "a.py::f"}, "f is a generator"),
        ("retry", {"a.py": "async def f():\n    pass\n"}, {"function": "a.py::f"}, "that is not asynchronous"),
        ("retry", {"a.py": "@cache\ndef f():\n    pass\n"}, {"function": "a.py::f"}, "f has decorators already"),
        ("retry", {"a.py": "def f(:\n"}, {"function": "a.py::f"}, "a.py has no function 'f'"),
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
