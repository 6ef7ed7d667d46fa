"""A call in a loop that gives the same each time: it is made once, before the loop."""

import ast
from collections.abc import Iterator

from grace_workers.coding.intents.intent import SafetyLevel
from grace_workers.coding.optimisations.optimisation import FasterCode, Optimisation
from grace_workers.coding.rewriting.slow_function import Loop, SlowFunction

_TOTAL = {"len", "sum", "sorted", "set", "frozenset", "tuple", "min", "max"}
_USED = (ast.Compare, ast.BinOp, ast.Subscript)


def _propose(function: SlowFunction) -> Iterator[FasterCode]:
    done: set[tuple[str, int]] = set()
    for loop in function.loops():
        calls = [one for one in ast.walk(loop) if _is_fixed(one) and isinstance(function.parents[one], _USED)]
        for call in calls:
            text = ast.unparse(call)
            if not function.alone(loop) or (text, loop.lineno) in done or not _stays(function, call, loop):
                continue
            done.add((text, loop.lineno))
            name = function.free(f"{_name(call)}_{_called(call)}")
            same = [one for one in calls if ast.unparse(one) == text]
            edits = [function.replace(one, name) for one in same if isinstance(one, ast.Call)]
            yield FasterCode(
                (function.before(loop, f"{name} = {text}"), *edits), f"called {text} once, before the loop"
            )


def _is_fixed(node: ast.AST) -> bool:
    """Return whether it is a call such as `max(items)`."""
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _TOTAL
    return named and isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.args[0], ast.Name) \
        and not node.keywords  # fmt: skip


def _called(node: ast.AST) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _name(node: ast.AST) -> str:
    return node.args[0].id if isinstance(node, ast.Call) and isinstance(node.args[0], ast.Name) else ""


def _stays(function: SlowFunction, call: ast.AST, loop: Loop) -> bool:
    """Return whether the argument stays as it is in the loop, and is not empty there if that would be an error."""
    name = _name(call)
    if isinstance(loop, ast.For) and call in ast.walk(loop.iter):
        return False
    for one in ast.walk(loop):
        if isinstance(one, ast.Name) and one.id == name:
            above = function.parents[one]
            read = isinstance(above, ast.Subscript) and isinstance(above.ctx, ast.Load) and above.value is one
            looped = isinstance(above, ast.For | ast.comprehension) and above.iter is one
            if not (_is_fixed(above) or read or looped or isinstance(above, ast.Compare)):
                return False
    over = isinstance(loop, ast.For) and isinstance(loop.iter, ast.Name) and loop.iter.id == name
    return over or _called(call) not in {"min", "max"}


DEFINITION = Optimisation(
    name="call_before_loop",
    about="Make a call once, before the loop in which it always gives the same.",
    level=SafetyLevel.UNSAFE,
    propose=_propose,
    example=(
        "def f(items):\n    found = 0\n    for item in items:\n        found += item == max(items)\n    return found\n",
        (
            "def f(items):\n    found = 0\n    items_max = max(items)\n    for item in items:\n"
            "        found += item == items_max\n    return found\n"
        ),
    ),
)
