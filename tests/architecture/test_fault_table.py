"""The page of survived faults names tests that there are."""

import ast
import re

from tests.architecture.house import ROOT

PAGE = ROOT / "docs" / "explanation" / "faults.md"
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def test_every_fault_names_a_test_that_there_is():
    named = NAMED.findall(PAGE.read_text(encoding="utf-8"))
    assert len(named) == len(set(named)) > 30
    for file, name in named:
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}, f"{file} has no {name}"


def test_every_row_of_a_fault_has_its_test():
    tested, _, untested = PAGE.read_text(encoding="utf-8").partition("## Not tested")
    rows = [line for line in tested.splitlines() if line.startswith("| ") and not line.startswith("| Fault")]
    assert [row for row in rows if not NAMED.search(row)] == []
    assert "::" not in untested
