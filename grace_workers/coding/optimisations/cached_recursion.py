"""A pure function that calls itself more than once: its results are kept."""

import ast
import builtins
from collections.abc import Iterator

from grace_workers.coding.intents.intent import SafetyLevel
from grace_workers.coding.optimisations.optimisation import FasterCode, Optimisation
from grace_workers.coding.patch import Edit
from grace_workers.coding.rewriting.annotation import import_edit
from grace_workers.coding.rewriting.slow_function import SlowFunction

_PURE = {"len", "min", "max", "abs", "sum", "int", "str", "float", "bool", "tuple", "range", "divmod", "pow", "ord",
         "chr", "round", "any", "all", "enumerate", "zip", "isinstance"}  # fmt: skip
_MADE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.Yield, ast.YieldFrom, ast.Await,
         ast.Global, ast.Nonlocal, ast.Lambda, ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom,
         ast.With, ast.Delete)  # fmt: skip


def _propose(function: SlowFunction) -> Iterator[FasterCode]:
    node = function.node
    if node not in function.tree.body or node.decorator_list or isinstance(node, ast.AsyncFunctionDef):
        return
    calls = [one for one in function.nodes if isinstance(one, ast.Call)]
    own = [one for one in calls if isinstance(one.func, ast.Name) and one.func.id == node.name]
    if len(own) > 1 and _is_pure(function, calls):
        line = node.lineno
        imported = import_edit(function.tree, "import functools")
        known = function.global_name("functools", "functools")
        above = imported.text if not known and imported.first == line else ""
        decorator = Edit(line, 0, line, 0, f"{above}@functools.cache\n")
        edits = (decorator,) if known or above else (imported, decorator)
        yield FasterCode(edits, f"kept the results of {node.name}")


def _is_pure(function: SlowFunction, calls: list[ast.Call]) -> bool:
    """Return whether the result depends on the arguments alone, and nothing is changed that lives on."""
    if any(isinstance(one, _MADE) for one in function.nodes) or function.node.args.kwarg or function.node.args.vararg:
        return False
    for one in function.nodes:
        if isinstance(one, ast.Attribute | ast.Subscript) and not isinstance(one.ctx, ast.Load):
            return False
    names = {function.node.name, *_PURE}
    if any(not isinstance(one.func, ast.Name) or one.func.id not in names for one in calls):
        return False
    local = {one.id for one in function.nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    known = local | function.parameters | names | set(dir(builtins))
    return all(one.id in known for one in function.nodes if isinstance(one, ast.Name))


DEFINITION = Optimisation(
    name="cached_recursion",
    about="Keep the results of a pure function that calls itself more than once.",
    level=SafetyLevel.UNSAFE,
    propose=_propose,
    example=(
        '"""Numbers."""\n\n\ndef f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n',
        (
            '"""Numbers."""\n\nimport functools\n\n\n@functools.cache\ndef f(n):\n'
            "    return n if n < 2 else f(n - 1) + f(n - 2)\n"
        ),
    ),
)
