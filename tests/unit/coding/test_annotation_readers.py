"""Functions whose annotations a framework, or code beside them, may read get none."""

import pytest

from grace_workers.coding.rewriting.annotation_readers import AnnotationReaders
from grace_workers.coding.rewriting.return_site import return_sites

WEB = """
from web import App, Router

app = App()
routes = Router(app)


@app.get("/a")
def decorated(): ...


def given(): ...


routes.add("/b", given)
routes.add("/c", endpoint=named)


def named(): ...


def build():
    local = App()

    @local.get("/d")
    def inner(): ...

    return local


class Shop:
    def __init__(self):
        self.app = App()
        self.app.add("/e", self.bound)

    def bound(self): ...

    @property
    def total(self): ...

    @total.setter
    def total(self, value): ...
"""
OWN = """
import functools
import typing
from threading import Thread
from typing import get_type_hints

TABLE = {}


def register(handler):
    TABLE[handler] = get_type_hints(handler)
    return handler


@register
def decorated(): ...


def looked_at(): ...


print(typing.get_type_hints(looked_at))


@functools.cache
def cached(): ...


def started(): ...


Thread(target=started)
"""


@pytest.mark.parametrize(
    ("source", "read"),
    [
        (WEB, {"decorated", "given", "named", "inner", "bound"}),
        (OWN, {"decorated", "looked_at"}),
        ("from .own import keep\n\n\n@keep\ndef kept(): ...\n", set()),
        ("import a.b\n\n\n@a.b.task\ndef task(): ...\n", {"task"}),
        ("def plain(): ...\n\n\nsorted([], key=plain)\n", set()),
    ],
)
def test_what_comes_from_another_package_or_looks_at_annotations_may_read_them(source: str, read: set[str]) -> None:
    sites = return_sites(source)
    found = AnnotationReaders({"shop.py": source}).reading("shop.py", source, sites)
    assert {one.bare for one in sites if one.number in found} == read


PARTS = {
    "shop/__init__.py": "from .app import app\nfrom . import routes\n",
    # The two import each other, as with many small web applications.
    "shop/app.py": "from web import App\nfrom shop.checks import looks\n\napp = App()\nfrom . import routes\n",
    "shop/routes.py": """
from .app import app
from shop.views import listed, renamed as other
from . import views
from .plain import keep

app.get("/")(listed)
app.add({"/other": other})
app.add("/through", views.through)
keep(views.kept)


@app.get("/here")
def here(): ...


@keep
def kept_here(): ...
""",
    "shop/views.py": """
from .checks import looks


def listed(): ...
def renamed(): ...
def through(): ...
def kept(): ...
def unused(): ...


@looks
def looked_at(): ...
""",
    "shop/checks.py": "import inspect\n\n\ndef looks(one):\n    return inspect.signature(one)\n",
    "shop/own.py": """
from web import App
from .app import app


class Application(App): ...


def route(path):
    def register(handler):
        app.add(path, handler)
        return handler

    return register


class Registry:
    def add(self, handler):
        app.add("/", handler)


own = Application()
registry = Registry()
""",
    "shop/more.py": """
from .own import own, registry, route


@own.get("/")
def inherited(): ...


@route("/r")
def routed(): ...


def added(): ...


registry.add(added)


def alone(): ...


sorted([], key=alone)
""",
    "shop/plain.py": "KEPT = []\n\n\ndef keep(one):\n    KEPT.append(one)\n    return one\n",
    "tools/jobs.py": "import shop.app\n\n\n@shop.app.app.task\ndef swept(): ...\n",
    "tests/test_views.py": "import pytest\nfrom shop.views import unused\n\npytest.raises(TypeError, unused, 1)\n",
    "tools/views.py": "def listed(): ...\n",
}


@pytest.mark.parametrize(
    ("file", "read"),
    [
        ("shop/views.py", {"listed", "renamed", "through", "looked_at"}),
        ("shop/routes.py", {"here"}),
        ("shop/more.py", {"inherited", "routed", "added"}),
        ("tools/jobs.py", {"swept"}),
    ],
)
@pytest.mark.parametrize("first", PARTS)
def test_readers_and_what_they_are_given_are_found_across_the_files_of_a_repository(file, read, first):
    readers = AnnotationReaders(PARTS)
    readers.reading(first, PARTS[first], return_sites(PARTS[first]))
    sites = return_sites(PARTS[file])
    assert {one.bare for one in sites if one.number in readers.reading(file, PARTS[file], sites)} == read
