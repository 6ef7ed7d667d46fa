"""A list that does not change in a loop and is searched in it: a set of it is made before the loop."""

import ast
from collections.abc import Iterator

from grace_workers.coding.intents.intent import SafetyLevel
from grace_workers.coding.optimisations.optimisation import FasterCode, Optimisation
from grace_workers.coding.rewriting.slow_function import Loop, SlowFunction, searched


def _propose(function: SlowFunction) -> Iterator[FasterCode]:
    for statement, searches in _searching(function):
        for name in dict.fromkeys(one.id for one in searches):
            if not function.alone(statement) or _changes(function, name, statement):
                continue
            members = function.free(f"{name}_members")
            edits = [function.replace(one, members) for one in searches if one.id == name]
            yield FasterCode(
                (function.before(statement, f"{members} = set({name})"), *edits),
                f"searched a set of {name}, made once",
            )


def _searching(function: SlowFunction) -> Iterator[tuple[ast.stmt, list[ast.Name]]]:
    """Yield the outermost loops, and statements with comprehensions, with the names that are searched in them."""
    repeated: list[ast.stmt] = [one for one in function.loops() if not _is_nested(function, one)]
    for one in function.nodes:
        if isinstance(one, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            statement = function.statement(one)
            if not any(statement is loop or function.is_inside(statement, loop) for loop in repeated):
                repeated.append(statement)
    for statement in repeated:
        names = [found for node in ast.walk(statement) if (found := searched(node)) is not None]
        if names:
            yield statement, names


def _is_nested(function: SlowFunction, loop: Loop) -> bool:
    return any(function.is_inside(loop, other) for other in function.loops())


def _changes(function: SlowFunction, name: str, statement: ast.stmt) -> bool:
    """Return whether the statement may bind the name or change what it holds, or the name is not a local one."""
    stored = [one for one in function.uses(name) if not isinstance(one.ctx, ast.Load)]
    if (not stored and name not in function.parameters) or any(_is_set(function.parents[one]) for one in stored):
        return True
    for one in ast.walk(statement):
        if isinstance(one, ast.Name) and one.id == name:
            above = function.parents[one]
            harmless = isinstance(above, ast.Compare | ast.For | ast.comprehension) or _is_length(above)
            if not isinstance(one.ctx, ast.Load) or not harmless:
                return True
    return False


def _is_set(node: ast.AST) -> bool:
    """Return whether a statement binds what is found fast already."""
    value = node.value if isinstance(node, ast.Assign) else None
    called = isinstance(value, ast.Call) and ast.unparse(value.func) in {"set", "frozenset", "dict", "range"}
    return called or isinstance(value, ast.Set | ast.SetComp | ast.Dict | ast.DictComp)


def _is_length(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"


DEFINITION = Optimisation(
    name="argument_as_set",
    about="Search a set, made once, instead of a list that a loop does not change.",
    level=SafetyLevel.UNSAFE,
    propose=_propose,
    example=(
        "def f(items, known):\n    return [item for item in items if item not in known]\n",
        (
            "def f(items, known):\n    known_members = set(known)\n"
            "    return [item for item in items if item not in known_members]\n"
        ),
    ),
)
