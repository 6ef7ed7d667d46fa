import ast
import importlib
import sys

import pytest

from grace_workers.coding.intents.intent import SourceTexts, refactored
from grace_workers.coding.intents.split_large_file import DEFINITION, SplitOptions
from grace_workers.coding.reason import ReasonCode

HEAD = '''"""Shapes."""

from __future__ import annotations

import logging
import os.path  # kept
from collections import Counter, defaultdict

log = logging.getLogger(__name__)
'''
ROUND = '''

# What is round.
class Circle:
    """A circle."""

    def area(self) -> float:
        log.info("area")  # logged
        return side(3) * 3.0

    def same(self, other: "Circle") -> "Square":
        return Square()


PI = 3.0
'''
STRAIGHT = """

class Square:
    def names(self):
        return Counter("ab"), os.path.basename("a/b")


def side(length):
    side_ = length + 1
    return side_


def unused(Counter):  # a parameter hides the import
    return Counter
# The end.
"""


def _split(files, *, target="shop/shapes.py", most=30):
    texts = SourceTexts(list(files), files.__getitem__)
    return refactored(DEFINITION, texts, [target], SplitOptions(max_lines=most)), texts


def _shop(text):
    return {"shop/__init__.py": "", "shop/shapes.py": text}


@pytest.fixture
def imported(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))

    def load(texts, *modules):
        for name in texts:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(texts[name])
        for name in [one for one in sys.modules if one.partition(".")[0] == "shop"]:
            monkeypatch.delitem(sys.modules, name)
        importlib.invalidate_caches()
        return [importlib.import_module(one) for one in modules]

    return load


def test_no_file_is_longer_and_every_name_is_where_it_was(imported):
    before = _shop(HEAD + ROUND + STRAIGHT)
    result, texts = _split(before)
    assert result.applied == ["shop/shapes.py"]
    new = sorted(set(texts) - set(before))
    assert new
    assert all(len(texts[one].splitlines()) <= 30 for one in texts)
    for name in new:
        imported(texts, f"shop.{name[5:-3]}")
    old, part = imported(texts, "shop.shapes", f"shop.{new[0][5:-3]}")
    for name in ("Circle", "Square", "PI", "side", "unused", "Counter", "defaultdict", "os", "log", "logging"):
        assert hasattr(old, name)
    assert all(getattr(old, name) is getattr(part, name) for name in vars(part) if not name.startswith("__"))
    assert old.Circle().area() == 12.0
    assert old.log.name == "shop.shapes"
    assert "# What is round.\nclass Circle:" in "".join(texts.values())
    assert texts["shop/shapes.py"].endswith("# The end.\n")


def test_every_definition_stands_once_and_keeps_its_text():
    source = HEAD + ROUND + STRAIGHT
    _, texts = _split(_shop(source))
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            assert sum(ast.get_source_segment(source, node) in text for text in texts.values()) == 1


def test_a_second_run_changes_nothing():
    _, texts = _split(_shop(HEAD + ROUND + STRAIGHT))
    result, _ = _split(dict(texts))
    assert result.refused["shop/shapes.py"].code == ReasonCode.NOTHING_TO_DO


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ("\n\n_count = 0\n\n\ndef counted():\n    global _count\n    _count += 1\n", "counted"),
        ("\n\ndef where():\n    return __file__\n", "where"),
        ("\n\ndef made():\n    return 1\n\n\nSquare.extra = made()\nLATER = Square.extra\n", "LATER"),
        ("\n\nif os.name == 'none':\n    def rare():\n        return 1\n", "rare"),
        ("\n\n__all__ = ['Circle', 'side']\n", "__all__"),
    ],
)
def test_what_is_about_the_module_itself_stays(imported, more, kept):
    result, texts = _split(_shop(HEAD + ROUND + STRAIGHT + more), most=36)
    assert result.applied == ["shop/shapes.py"]
    stays = {name for one in ast.parse(texts["shop/shapes.py"]).body for name in _bound(one)}
    assert kept in stays
    imported(texts, "shop.shapes")


def _bound(node):
    inner = [one for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
    defined = [one for one in ast.walk(node) if isinstance(one, ast.FunctionDef | ast.ClassDef)]
    return {one.id for one in inner} | {one.name for one in defined}


def test_what_exists_for_type_checkers_only_is_imported_in_the_same_way(imported):
    typed = "\nif TYPE_CHECKING:\n    import array as numbers\n\n    class Shown:\n        pass\n\n\n"
    typed += "def shown(one: Shown, all: 'numbers.array') -> Shown:\n    return one\n"
    head = HEAD.replace("import logging\n", "import logging\nfrom typing import TYPE_CHECKING\n")
    _, texts = _split(_shop(head + typed + ROUND + STRAIGHT))
    part = next(text for name, text in texts.items() if "def shown" in text and name != "shop/shapes.py")
    assert "if TYPE_CHECKING:\n    import array as numbers\n    from .shapes import Shown\n" in part
    assert "from typing import TYPE_CHECKING\n" in part
    imported(texts, "shop.shapes")


@pytest.mark.parametrize(
    "test",
    [
        "def test(monkeypatch):\n    monkeypatch.setattr('shop.shapes.side', int)\n",
        "import shop.shapes\n\n\ndef test(monkeypatch):\n    monkeypatch.setattr(shop.shapes, 'side', int)\n",
        "from shop import shapes\nshapes.side = int\n",
    ],
)
def test_what_a_test_replaces_stays_with_those_who_use_it(test):
    _, texts = _split({**_shop(HEAD + ROUND + STRAIGHT), "tests/test_shapes.py": test}, most=35)
    assert "def side(" in texts["shop/shapes.py"]
    assert "class Circle" in texts["shop/shapes.py"]
    assert "class Square" not in texts["shop/shapes.py"]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("class A:\n" + "    x = 1\n" * 40, ReasonCode.NOT_EXTRACTABLE),
        ("from os import *\n" + ROUND * 3, ReasonCode.UNSAFE),
        ("x = 1; y = 2\n" * 40, ReasonCode.NOT_EXTRACTABLE),
        ("def a(:\n" * 40, ReasonCode.UNREADABLE),
        ("print(1)\n" * 40, ReasonCode.NOT_EXTRACTABLE),
    ],
)
def test_what_cannot_be_split_is_refused_with_the_reason(source, code):
    result, _ = _split(_shop(source))
    assert result.refused["shop/shapes.py"].code == code
    assert result.refused["shop/shapes.py"].message
