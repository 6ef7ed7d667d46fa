"""A regular expression that is looked up at every call: it is compiled once, when the module is imported."""

import ast
from collections.abc import Iterator

from grace_workers.coding.intents.intent import SafetyLevel
from grace_workers.coding.optimisations.optimisation import FasterCode, Optimisation
from grace_workers.coding.patch import Edit
from grace_workers.coding.rewriting.slow_function import SlowFunction

_METHODS = {"match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "split"}


def _propose(function: SlowFunction) -> Iterator[FasterCode]:
    if not function.global_name("re", "re"):
        return
    edits: list[Edit] = []
    names: dict[str, str] = {}
    for call in function.nodes:
        if isinstance(call, ast.Call) and _is_fixed(call):
            pattern = function.written(call.args[0])
            if pattern not in names:
                names[pattern] = function.free(f"_{function.node.name.strip('_').upper()}_PATTERN")
            edits += _edits(call, names[pattern])
    if edits:
        top = function.top()
        first = min([top.lineno, *(one.lineno for one in getattr(top, "decorator_list", ()))])
        rows = "".join(f"{name} = re.compile({pattern})\n" for pattern, name in names.items())
        yield FasterCode((Edit(first, 0, first, 0, f"{rows}\n\n"), *edits), "compiled patterns once")


def _is_fixed(call: ast.Call) -> bool:
    """Return whether it is a call such as `re.match("a", text)`, without flags."""
    method = call.func
    known = isinstance(method, ast.Attribute) and isinstance(method.value, ast.Name) and method.value.id == "re"
    if not known or not isinstance(method, ast.Attribute) or not call.args or call.keywords:
        return False
    fixed = isinstance(call.args[0], ast.Constant)
    if method.attr == "compile":
        return fixed and len(call.args) == 1
    return fixed and method.attr in _METHODS and len(call.args) == (3 if method.attr.startswith("sub") else 2)


def _edits(call: ast.Call, name: str) -> list[Edit]:
    method = call.func
    if isinstance(method, ast.Attribute) and method.attr == "compile":
        return [Edit(call.lineno, call.col_offset, call.end_lineno or 0, call.end_col_offset or 0, name)]
    start, second = call.args[0], call.args[1]
    module = method.value if isinstance(method, ast.Attribute) else method
    return [
        Edit(module.lineno, module.col_offset, module.end_lineno or 0, module.end_col_offset or 0, name),
        Edit(start.lineno, start.col_offset, second.lineno, second.col_offset, ""),
    ]


DEFINITION = Optimisation(
    name="compiled_pattern",
    about="Compile a regular expression once.",
    level=SafetyLevel.SAFE,
    propose=_propose,
    example=(
        'import re\n\n\ndef f(text):\n    return re.match("[a-z]+", text)\n',
        'import re\n\n\n_F_PATTERN = re.compile("[a-z]+")\n\n\ndef f(text):\n    return _F_PATTERN.match(text)\n',
    ),
)
