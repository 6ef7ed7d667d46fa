"""Every repair of types keeps its promise: its example is repaired, and only about errors of its codes."""

import ast
from collections.abc import Sequence

import pytest

from grace_workers.coding.catalogs import repairs_of_types
from grace_workers.coding.rewriting.type_mending import TypeMending
from grace_workers.coding.type_check import TypeMessage

REPAIRS = repairs_of_types()
_OPEN = "reveal_type(("


def _look(before: str, line: int, text: str):
    """Say the error of the text as it was, nothing of any other, and that every value is of type int."""

    def look(made: str) -> Sequence[TypeMessage]:
        if made == before:
            return [TypeMessage(file="shop.py", line=line, is_error=True, text=text)]
        rows = enumerate(made.split("\n"), 1)
        places = [(number, row.index(_OPEN) + len(_OPEN) + 1) for number, row in rows if _OPEN in row]
        return [TypeMessage(file="shop.py", line=number, is_error=False, text='Revealed type is "int"', column=column)
                for number, column in places]  # fmt: skip

    return look


@pytest.mark.parametrize("name", REPAIRS.names)
def test_a_repair_makes_its_example(name):
    before, line, text, after = REPAIRS[name].example
    mended = TypeMending("shop.py", "shop", _look(before, line, text), [REPAIRS[name]]).mended(before)
    assert mended == after


@pytest.mark.parametrize("name", REPAIRS.names)
def test_a_repair_leaves_what_runs(name):
    before, _, _, after = REPAIRS[name].example
    assert _running(after) == _running(before)


@pytest.mark.parametrize("name", REPAIRS.names)
def test_a_repair_says_nothing_about_another_error(name):
    before, line, _, _ = REPAIRS[name].example
    look = _look(before, line, f"Something else  [{min(REPAIRS[name].codes)}]")
    assert TypeMending("shop.py", "shop", look, [REPAIRS[name]]).mended(before) == before


def _running(text: str) -> list[str]:
    """Return the statements of a module that do something, without types and imports."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign):
            found.append(f"{ast.unparse(node.targets[0])} = {ast.unparse(node.value)}")
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            found.append(f"{ast.unparse(node.target)} = {ast.unparse(node.value)}")
        elif isinstance(node, ast.Expr | ast.Return):
            found.append(ast.unparse(node))
    return sorted(found)
