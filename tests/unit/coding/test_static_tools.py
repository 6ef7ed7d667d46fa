"""Which tools a repository configures, and what their output says. Nothing is run."""

import json

import pytest

from grace_workers.coding.engines.repair.static_tools import TOOLS, StaticComplaint, tools_of

RUFF, MYPY = TOOLS


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        ({}, []),
        ({"pyproject.toml": "[tool.ruff]\n"}, ["ruff"]),
        ({"pyproject.toml": "[tool.ruff.lint]\nselect = []\n[tool.mypy]\n"}, ["ruff", "mypy"]),
        ({"pyproject.toml": "[tool.black]\n"}, []),
        ({"pyproject.toml": "[tool.ruff"}, []),
        ({"pyproject.toml": "tool = 1\n"}, []),
        ({".ruff.toml": ""}, ["ruff"]),
        ({"mypy.ini": "[mypy]\n"}, ["mypy"]),
        ({"setup.cfg": "[mypy]\nstrict = true\n"}, ["mypy"]),
        ({"setup.cfg": "[metadata]\nname = a\n"}, []),
        ({"setup.cfg": "strict = true\n"}, []),
    ],
)
def test_a_tool_is_known_by_its_settings(texts: dict[str, str], names: list[str]) -> None:
    assert [one.name for one in tools_of(texts)] == names


def test_equal_complaints_in_other_lines_are_equal() -> None:
    said = [
        {"filename": "/x/shop.py", "code": "F811", "message": f"Redefinition of `f` from line {line}"}
        for line in (3, 9)
    ]
    first, second = RUFF.read(json.dumps(said), "/x")
    assert first == second == StaticComplaint("shop.py", "F811", "Redefinition of `f` from line N")
    assert str(first) == "shop.py: F811 Redefinition of `f` from line N"


def test_a_file_that_ruff_cannot_parse_has_a_complaint() -> None:
    said = [{"filename": "/x/a.py", "code": None, "message": "Expected an expression"}]
    assert [*RUFF.read(json.dumps(said), "/x")] == [StaticComplaint("a.py", "syntax", "Expected an expression")]
    assert [*RUFF.read("", "/x")] == []


def test_only_errors_of_mypy_are_complaints() -> None:
    rows = [
        'shop.py:3: error: Incompatible return value type (got "str", expected "int")  [return-value]',
        "shop.py:3: note: it may be this",
        "lib/a.py:1:7: error: Cannot find implementation",
        "Found 2 errors in 2 files (checked 3 source files)",
    ]
    assert [(one.file, one.code) for one in MYPY.read("\n".join(rows), "/x")] == [
        ("shop.py", "return-value"), ("lib/a.py", "mypy")
    ]  # fmt: skip
