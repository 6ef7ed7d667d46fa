"""Functions whose annotations a framework, or code beside them, may read get none."""

import pytest

from grace_workers.coding.rewriting.annotation_readers import reading_annotations
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
    found = reading_annotations(source, sites)
    assert {one.bare for one in sites if one.number in found} == read
