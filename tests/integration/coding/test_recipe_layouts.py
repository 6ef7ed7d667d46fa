"""Recipes that follow what they find: endpoints in repositories of many layouts, and definitions of every kind."""

import subprocess
from pathlib import Path

from grace_workers.coding import coding_recipes
from grace_workers.coding.engines.recipe.catalog_reading import shipped_catalogs
from grace_workers.coding.recipes.recipe import RecipeFiles, Site
from tests.integration.coding.repositories import COMMAND

ROUTED = {
    "routed/__init__.py": "",
    "routed/order.py": "class Gone(Exception):\n    pass\n\n\ndef ship(number: int, *, fast: bool = False, "
    "rate: float = 1.5, note: str | None = None):\n    return [number, fast, rate, note]\n",
    "routed/main.py": "from fastapi import FastAPI\n\nfrom routed.routes import user\n\napp = FastAPI()\n"
    "app.include_router(user.router, prefix='/api/v1')\n",
    "routed/routes/__init__.py": "",
    "routed/routes/user.py": "from fastapi import APIRouter\n\nrouter = APIRouter(prefix='/user', tags=['user'])\n\n\n"
    "@router.get('/all')\ndef get_all():\n    return []\n",
}
FACTORY = {
    "factory/__init__.py": "from flask import Flask\n\n\ndef create_app(config=None):\n    app = Flask(__name__)\n"
    "    from factory.blog import bp\n\n    app.register_blueprint(bp, url_prefix='/api')\n    return app\n",
    "factory/blog.py": "from flask import Blueprint\n\nbp = Blueprint('blog', __name__)\n\n\n"
    "@bp.route('/posts', methods=['GET'])\ndef posts_view():\n    return []\n",
    "factory/order.py": ROUTED["routed/order.py"],
}
WAITING = {
    "waiting/__init__.py": "",
    "waiting/order.py": "async def ship(number: int, fast: bool = False):\n    return [number, fast]\n",
    "waiting/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
}
PAGES = {
    "pages/__init__.py": "from flask import Flask\n\napp = Flask(__name__)\n\nfrom pages import views\n",
    "pages/views.py": "from pages import app\n\n\n@app.get('/')\ndef home():\n    return {}\n",
    "pages/order.py": ROUTED["routed/order.py"],
}
LAYOUTS = [
    (ROUTED, {"function": "routed/order.py::ship", "refusals": {"Gone": 404, "ValueError": 400}}),
    (ROUTED, {"function": "routed/order.py::ship", "method": "GET", "path": "/api/v1/order/{number}/{rate}"}),
    (FACTORY, {"function": "factory/order.py::ship", "refusals": {"Gone": 404, "ValueError": 400}}),
    (FACTORY, {"function": "factory/order.py::ship", "method": "DELETE", "path": "/api/orders/{number}"}),
    (WAITING, {"function": "waiting/order.py::ship"}),
    (PAGES, {"function": "pages/order.py::ship", "path": "/ship/{number}/{note}", "method": "PUT"}),
]


def test_endpoints_answer_in_repositories_of_every_layout(tmp_path: Path) -> None:
    """One process of pytest for all, because importing FastAPI and Flask takes most of the time."""
    recipe = coding_recipes()["http_endpoint"]
    for number, (files, options) in enumerate(LAYOUTS):
        # A package of its own for each, so that one process can import them all.
        old = next(iter(files)).split("/")[0]
        own = {name.replace(old, f"{old}{number}"): text.replace(old, f"{old}{number}") for name, text in files.items()}
        given = {**options, "function": options["function"].replace(old, f"{old}{number}")}
        made = recipe.build(recipe.options.read(given, "options"), site_of(own))
        assert isinstance(made, RecipeFiles), made
        tests = {name.replace("test_", f"test_{number}_"): text for name, text in made.tests.items()}
        for name, text in {**own, **made.files, **tests}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
    words = [*COMMAND, "-o", "pythonpath=.", "tests"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


def site_of(files: dict[str, str]) -> Site:
    return Site(tuple(files), lambda name: files[name].encode())


def test_grace_finds_a_definition_of_every_kind_in_a_package_of_ones_own(tmp_path: Path) -> None:
    """One process of pytest for all kinds, each like the first that is shipped."""
    recipe = coding_recipes()["definition"]
    files = {"acme/__init__.py": "", "pyproject.toml": '[project]\nname = "acme"\nversion = "1"\n'}
    for kind, catalog in shipped_catalogs().items():
        asked = {"kind": kind, "name": "acme_own", "like": catalog.names()[0], "package": "acme"}
        made = recipe.build(recipe.options.read(asked, "options"), site_of(files))
        assert isinstance(made, RecipeFiles), made
        files |= {**made.files, **made.tests}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    words = [*COMMAND, "-o", "pythonpath=.", "tests"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    proved = sum("def test_every_name_that_it_uses_exists" in one for one in files.values())
    assert f"{2 * len(shipped_catalogs()) + proved} passed" in done.stdout
