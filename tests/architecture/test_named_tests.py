"""Each row of the survived faults and of the threat model names a test that exists and runs."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.house import ROOT

PAGES = {"faults.md": "## Not tested", "security.md": "## Not defended"}
"""The pages, and the section of each in which no row names a test."""
HEADS = re.compile(r"\| (Fault|Attempt) \|")
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
NOT_RUN = {"skip", "xfail", "bench"}
"""Marks for which no make target reports a failure."""


@pytest.mark.parametrize("page", PAGES)
def test_every_named_test_exists_and_runs(page: str):
    named = NAMED.findall(_text(page))
    assert len(named) == len(set(named)) > 30
    assert [f"{file}::{name}: {why}" for file, name in named if (why := _trouble(ROOT / "tests" / file, name))] == []


@pytest.mark.parametrize(("page", "untested"), PAGES.items())
def test_every_row_has_its_test(page: str, untested: str):
    tested, found, rest = _text(page).partition(untested)
    rows = [line for line in tested.splitlines() if line.startswith("| ") and not HEADS.match(line)]
    assert [row for row in rows if len(NAMED.findall(row)) != 1] == []
    assert found
    assert "::" not in rest


@pytest.mark.parametrize(
    ("source", "trouble"),
    [
        ("def test_it():\n    pass\n", None),
        ("@pytest.mark.parametrize('a', [1])\ndef test_it(a):\n    pass\n", None),
        ("def test_other():\n    pass\n", "there is no such test"),
        ("class Tests:\n    def test_it(self):\n        pass\n", "there is no such test"),
        ("def test_it():\n    pass\n\ndef test_it():\n    pass\n", "it is there 2 times"),
        ("@pytest.mark.skip(reason='later')\ndef test_it():\n    pass\n", "marked skip"),
        ("pytestmark = [pytest.mark.servers, pytest.mark.bench]\ndef test_it():\n    pass\n", "marked bench"),
    ],
)
def test_a_test_that_does_not_run_is_reported(tmp_path: Path, source: str, trouble: str | None):
    file = tmp_path / "test_it.py"
    file.write_text(source)
    assert _trouble(file, "test_it") == trouble


def _text(page: str) -> str:
    return (ROOT / "docs" / "explanation" / page).read_text(encoding="utf-8")


def _trouble(file: Path, name: str) -> str | None:
    """Return why `make` would not run the test, or None."""
    if not file.name.startswith("test_") or not file.is_file():
        return "there is no such file of tests"
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name]
    if len(found) != 1:
        return f"it is there {len(found)} times" if found else "there is no such test"
    marks = _marks(*found[0].decorator_list) | _marks(*(one for one in tree.body if isinstance(one, ast.Assign)))
    return f"marked {', '.join(sorted(marks & NOT_RUN))}" if marks & NOT_RUN else None


def _marks(*nodes: ast.expr | ast.stmt) -> set[str]:
    """The names `x` of all `….mark.x` in decorators, or in what is assigned to `pytestmark`."""
    chosen = [ast.unparse(node) for node in nodes if not isinstance(node, ast.Assign) or _sets_marks(node)]
    return {mark for text in chosen for mark in re.findall(r"\bmark\.(\w+)", text)}


def _sets_marks(node: ast.Assign) -> bool:
    return ast.unparse(node.targets[0]) == "pytestmark"
