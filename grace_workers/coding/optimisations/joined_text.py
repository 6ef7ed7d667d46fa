"""A text that grows in a loop: its parts are collected and joined."""

import ast
from collections.abc import Iterator

from grace_workers.coding.intents.intent import SafetyLevel
from grace_workers.coding.optimisations.optimisation import FasterCode, Optimisation
from grace_workers.coding.patch import Edit
from grace_workers.coding.rewriting.slow_function import Loop, SlowFunction


def _propose(function: SlowFunction) -> Iterator[FasterCode]:
    for loop in function.loops():
        for name in dict.fromkeys(name for one in ast.walk(loop) if (name := _grown(one))):
            edits = _edits(function, loop, name)
            if edits:
                yield FasterCode(tuple(edits), f"joined the parts of {name}")


def _grown(node: ast.AST) -> str:
    """Return the name that a statement adds to; empty if it does something else."""
    adds = isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add)
    return node.target.id if adds and isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) else ""


def _edits(function: SlowFunction, loop: Loop, name: str) -> list[Edit]:
    """Return the edits, if the loop only adds to the text, which is empty before it, and never reads it."""
    first = [one for one in function.uses(name) if one.lineno < loop.lineno]
    begin = function.parents[first[-1]] if first else None
    empty = isinstance(begin, ast.Assign) and isinstance(begin.value, ast.Constant) and begin.value.value == ""
    leaves = any(isinstance(one, ast.Return | ast.Yield | ast.YieldFrom) for one in ast.walk(loop))
    beside = begin is not None and function.parents[begin] is function.parents[loop]
    if not (empty and beside) or leaves or loop.orelse:
        return []
    parts = function.free(f"{name}_parts")
    edits = [function.before(loop, f"{parts} = []"), function.after(loop, f'{name} = "".join({parts})')]
    for use in (one for one in function.uses(name) if function.is_inside(one, loop)):
        statement = function.parents[use]
        if not isinstance(statement, ast.AugAssign) or statement.target is not use or not function.alone(statement):
            return []
        edits.append(
            Edit(use.lineno, use.col_offset, statement.value.lineno, statement.value.col_offset, f"{parts}.append(")
        )
        end = statement.end_lineno or 0, statement.end_col_offset or 0
        edits.append(Edit(*end, *end, ")"))
    return edits if function.alone(loop) else []


DEFINITION = Optimisation(
    name="joined_text",
    about="Join the parts of a text, instead of adding them one by one.",
    level=SafetyLevel.SAFE,
    propose=_propose,
    example=(
        'def f(items):\n    text = ""\n    for item in items:\n        text += item\n    return text\n',
        (
            'def f(items):\n    text = ""\n    text_parts = []\n    for item in items:\n'
            '        text_parts.append(item)\n    text = "".join(text_parts)\n    return text\n'
        ),
    ),
)
