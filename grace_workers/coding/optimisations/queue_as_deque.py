"""A list that gives its first item away in a loop: a deque does that without moving the rest."""

import ast
from collections.abc import Iterator

from grace_workers.coding.intents.intent import SafetyLevel
from grace_workers.coding.optimisations.optimisation import FasterCode, Optimisation
from grace_workers.coding.patch import Edit
from grace_workers.coding.rewriting.annotation import import_edit
from grace_workers.coding.rewriting.slow_function import SlowFunction

_KEPT = {"append", "extend"}
_LISTS = (ast.List, ast.ListComp)


def _propose(function: SlowFunction) -> Iterator[FasterCode]:
    names = {one.value.id for one in function.nodes
             if isinstance(one, ast.Attribute) and one.attr == "pop" and isinstance(one.value, ast.Name)}  # fmt: skip
    for name in sorted(names):
        edits = _edits(function, name)
        if edits:
            yield FasterCode((import_edit(function.tree, "import collections"), *edits), f"made {name} a deque")


def _edits(function: SlowFunction, name: str) -> list[Edit]:
    edits: list[Edit] = []
    popped = False
    for use in function.uses(name):
        above = function.parents[use]
        if isinstance(above, ast.Assign) and above.targets == [use] and _is_list(above.value):
            value = above.value
            edits += [Edit(value.lineno, value.col_offset, value.lineno, value.col_offset, "collections.deque("),
                      Edit(value.end_lineno or 0, value.end_col_offset or 0,
                           value.end_lineno or 0, value.end_col_offset or 0, ")")]  # fmt: skip
        elif isinstance(above, ast.Attribute) and isinstance(call := function.parents[above], ast.Call):
            if above.attr == "pop" and ast.unparse(call) == f"{name}.pop(0)":
                edits.append(function.replace(call, f"{name}.popleft()"))
                popped = True
            elif above.attr not in _KEPT and ast.unparse(call) != f"{name}.pop()":
                return []
        elif not _only_asks(above, use):
            return []
    begins = any(one.text == "collections.deque(" for one in edits)
    taken = any(isinstance(one, ast.Name) and one.id == "collections" for one in ast.walk(function.node))
    return edits if popped and begins and not taken and name not in function.parameters else []


def _is_list(node: ast.expr) -> bool:
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"list", "sorted"}
    return isinstance(node, _LISTS) or named


def _only_asks(node: ast.AST, use: ast.Name) -> bool:
    """Return whether it only asks for the length, for the truth, or for an item's presence."""
    length = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"
    truth = isinstance(node, ast.While | ast.If) and node.test is use
    denied = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    asked = isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn)
    return length or truth or denied or (asked and isinstance(node, ast.Compare) and node.left is not use)


DEFINITION = Optimisation(
    name="queue_as_deque",
    about="Take items from the front of a deque, not of a list.",
    level=SafetyLevel.SAFE,
    propose=_propose,
    example=(
        "import os\n\n\ndef f(start):\n    queue = [start]\n    while queue:\n        queue.extend(queue.pop(0))\n",
        (
            "import os\nimport collections\n\n\ndef f(start):\n    queue = collections.deque([start])\n"
            "    while queue:\n        queue.extend(queue.popleft())\n"
        ),
    ),
)
