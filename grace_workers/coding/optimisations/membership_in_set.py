"""A list that grows in a loop and is searched in it: a set beside it is searched instead."""

import ast
from collections.abc import Iterator

from grace_workers.coding.intents.intent import SafetyLevel
from grace_workers.coding.optimisations.optimisation import FasterCode, Optimisation
from grace_workers.coding.patch import Edit
from grace_workers.coding.rewriting.slow_function import SlowFunction, searched

_KEEPS = (ast.Return, ast.For, ast.comprehension, ast.Yield)


def _propose(function: SlowFunction) -> Iterator[FasterCode]:
    names = [one.id for node in function.nodes if (one := searched(node)) is not None]
    for name in dict.fromkeys(names):
        edits = _edits(function, name)
        if edits:
            yield FasterCode(tuple(edits), f"searched a set instead of the list {name}")


def _edits(function: SlowFunction, name: str) -> list[Edit]:
    """Return the edits that keep a set beside a list; none if the list is used in another way."""
    edits: list[Edit] = []
    begun = 0
    members = function.free(f"{name}_members")
    for use in function.uses(name):
        above = function.parents[use]
        if isinstance(above, ast.Assign) and above.targets == [use] and function.alone(above):
            made = _begins(above.value)
            begun += 1
            edits += [function.after(above, f"{members} = {made}")] if made else []
            if not made or not isinstance(use.ctx, ast.Store):
                return []
        elif searched(above) is use:
            edits.append(function.replace(use, members))
        elif isinstance(above, ast.Attribute):
            added = _appended(function, above)
            if added is None:
                return []
            edits.append(function.after(function.statement(above), f"{members}.add({added})"))
        elif not (isinstance(above, _KEEPS) or _is_length(above)):
            return []
    places = [one for one in function.uses(name) if searched(function.parents[one]) is one]
    in_loop = any(function.is_inside(one, loop) for one in places for loop in function.loops())
    return edits if begun == 1 and in_loop else []


def _begins(value: ast.expr) -> str:
    """Return the set that belongs to a list's first value; empty if that is not known."""
    if isinstance(value, ast.List) and all(isinstance(one, ast.Name | ast.Constant) for one in value.elts):
        return f"{{{', '.join(map(ast.unparse, value.elts))}}}" if value.elts else "set()"
    return ""


def _appended(function: SlowFunction, node: ast.Attribute) -> str | None:
    """Return what a statement appends, if appending it twice does nothing else."""
    call = function.parents[node]
    plain = isinstance(call, ast.Call) and call.func is node and len(call.args) == 1 and not call.keywords
    if not plain or not isinstance(call, ast.Call) or node.attr != "append":
        return None
    statement = function.parents[call]
    given = call.args[0]
    simple = isinstance(given, ast.Name | ast.Constant)
    return ast.unparse(given) if simple and isinstance(statement, ast.Expr) and function.alone(statement) else None


def _is_length(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"len", "tuple", "list"}


DEFINITION = Optimisation(
    name="membership_in_set",
    about="Search a set beside a list that grows, instead of the list.",
    level=SafetyLevel.UNSAFE,
    propose=_propose,
    example=(
        (
            "def f(items):\n    seen = []\n    for item in items:\n        if item not in seen:\n"
            "            seen.append(item)\n    return seen\n"
        ),
        (
            "def f(items):\n    seen = []\n    seen_members = set()\n    for item in items:\n"
            "        if item not in seen_members:\n            seen.append(item)\n"
            "            seen_members.add(item)\n    return seen\n"
        ),
    ),
)
