"""Files that Python's own parser gives up: one of them in a repository must not end the work on all others."""

import re
from pathlib import Path

import pytest

import grace_workers.coding
from grace_workers.coding.engines.index.facts import facts_of
from grace_workers.coding.engines.localisation.evidence import SourceTree
from grace_workers.coding.engines.patterns.mining import changes_of
from grace_workers.coding.engines.repair.static_tools import tools_of
from grace_workers.coding.hunter.dependency import read_dependencies
from grace_workers.coding.rewriting.callers import parsed

CODE = Path(str(grace_workers.coding.__file__)).parent
# The parser answers the first with a MemoryError, which says nothing about the memory of the machine.
GIVEN_UP = ["x = " + "-" * 20_000 + "1\n", "x = " + "(" * 500 + ")" * 500, "x = 'a\0b'", "def (", "x" + ".y" * 50_000]


@pytest.mark.parametrize("text", GIVEN_UP, ids=["minus", "brackets", "nul", "syntax", "dots"])
def test_a_file_that_cannot_be_parsed_says_nothing(text: str) -> None:
    source = text.encode()
    assert facts_of("x.py", source).symbols == ()
    tree = SourceTree.of(lambda _: source)
    assert tree.index("x.py") is None or text == GIVEN_UP[-1]
    assert list(changes_of(source, b"x = 1\n")) == []
    assert parsed({"x.py": text}, "x.py") is None or text == GIVEN_UP[-1]


NESTED = ["a = " + "[" * 2_000, "a = " + "{b = " * 2_000]


@pytest.mark.parametrize("text", NESTED, ids=["arrays", "tables"])
def test_a_project_file_that_nests_too_deeply_configures_and_declares_nothing(text: str) -> None:
    assert tools_of({"pyproject.toml": text}) == []
    with pytest.raises(ValueError, match="nests too deeply"):
        read_dependencies("pyproject.toml", text)
    with pytest.raises(ValueError, match="nests too deeply"):
        read_dependencies("Pipfile.lock", "[" * 100_000)


def test_what_a_repository_says_in_toml_is_read_in_one_place() -> None:
    assert [path.name for path in CODE.rglob("*.py") if "tomllib" in path.read_text()] == ["foreign_text.py"]


def test_who_expects_a_file_that_nests_too_deeply_expects_each_way_in_which_python_says_so() -> None:
    clause = re.compile(r"except \(([^)]*SyntaxError[^)]*)\)")
    clauses = [(path.name, found) for path in sorted(CODE.rglob("*.py")) for found in clause.findall(path.read_text())]
    assert len(clauses) > 10
    assert [one for one in clauses if "RecursionError" in one[1] and "MemoryError" not in one[1]] == []
