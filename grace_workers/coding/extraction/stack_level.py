"""Stack levels of code that moves one frame down: `stacklevel=2` of `warnings.warn` becomes `stacklevel=3`."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from grace_workers.coding.extraction.calls import ModuleCalls, called_in
from grace_workers.coding.extraction.frame_walk import walks_frames
from grace_workers.coding.extraction.refusal import ExtractionRefused
from grace_workers.coding.extraction.scope import Comprehension, Function
from grace_workers.coding.extraction.text import ModuleText

_LEVELS_OF_LOGGING = {"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log"}
Elsewhere = Callable[[str], Function | None]
"""Returns the function of another module that a name of this one is imported as, if it can be read."""
_OWN, _CALLER = 1, 2
_PLACE_IN_WARN = 2


def lowered(text: ModuleText, function: Function, block: Sequence[ast.stmt], elsewhere: Elsewhere) -> ModuleText:
    """Return the module with the stack levels of the block's own calls as they must be one frame further down.

    Raises:
        ExtractionRefused: a level cannot be rewritten, or a callee warns about a frame above the block.
    """
    _refuse_levels_of_callees(text.tree, function)
    changes = [node for top in block for node in _changed(text.tree, top, None, elsewhere)]
    if not changes:
        return text
    lines = [line.encode() for line in text.lines]
    for node in sorted(changes, key=lambda one: (one.lineno, one.col_offset), reverse=True):
        line = lines[node.lineno - 1]
        level = str(int(ast.literal_eval(node)) + 1).encode()
        lines[node.lineno - 1] = line[: node.col_offset] + level + line[node.end_col_offset or 0 :]
    rows = tuple(line.decode() for line in lines)
    return replace(text, tree=ast.parse("\n".join(rows)), lines=rows)


def _changed(tree: ast.Module, node: ast.AST, inner: ast.AST | None, elsewhere: Elsewhere) -> Iterator[ast.Constant]:
    """Yield the levels that count one more; `inner` is the scope within the block in which the node runs."""
    level = _level(tree, node) if isinstance(node, ast.Call) else None
    if isinstance(node, ast.Call) and level is not None and not _measured(tree, level, elsewhere):
        value = _literal(level)
        if value is None or not (value <= _OWN or _is_known(tree, node)):
            raise ExtractionRefused("The code uses stacklevel in a way that depends on the frame that it runs in.")
        if value > _OWN and inner is None and isinstance(level, ast.Constant):
            yield level
        elif value > (_CALLER if isinstance(inner, Function | ast.Lambda) else _OWN):
            raise ExtractionRefused(
                f"A nested scope of the code uses stacklevel={value}, which would mean another frame."
            )
    if isinstance(node, ast.Name) and node.id == "stacklevel":
        raise ExtractionRefused("The code uses stacklevel in a way that depends on the frame that it runs in.")
    scope = node if isinstance(node, Function | ast.Lambda | ast.ClassDef | Comprehension) else inner
    for child in ast.iter_child_nodes(node):
        yield from _changed(tree, child, scope, elsewhere)


def _level(tree: ast.Module, call: ast.Call) -> ast.expr | None:
    """Return the call's stack level: `stacklevel=`, or the third argument of `warnings.warn`."""
    named = next((one.value for one in call.keywords if one.arg == "stacklevel"), None)
    if named is None and call.args[_PLACE_IN_WARN:] and _is_warn(tree, call.func):
        return call.args[_PLACE_IN_WARN]
    return named


def _literal(level: ast.expr) -> int | None:
    return level.value if isinstance(level, ast.Constant) and type(level.value) is int else None


def _measured(tree: ast.Module, level: ast.expr, elsewhere: Elsewhere) -> bool:
    """Return whether the level is measured by a function without arguments that is seen to walk the frames.

    One of another package cannot be seen. Called without arguments it has nothing but the frames to find a level by.
    """
    if not isinstance(level, ast.Call) or level.args or level.keywords:
        return False
    name = level.func.id if isinstance(level.func, ast.Name) else getattr(level.func, "attr", "")
    bodies = ModuleCalls.of(tree).functions.get(name, ())
    if not bodies and isinstance(level.func, ast.Name) and (other := elsewhere(name)) is not None:
        bodies = (other,)
    if not bodies and isinstance(level.func, ast.Name):
        return {"stack", "level"} <= set(re.findall("stack|level", name)) and _is_foreign(tree, name)
    return bool(bodies) and all(walks_frames(one) for one in bodies)


def _is_foreign(tree: ast.Module, name: str) -> bool:
    """Return whether the module has a name only from an import of another module."""
    imports = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom) and not one.level]
    bound = [one for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id == name]
    return any((one.asname or one.name) == name for node in imports for one in node.names) and all(
        isinstance(one.ctx, ast.Load) for one in bound
    )


def _is_known(tree: ast.Module, call: ast.Call) -> bool:
    """Return whether the level counts frames from the call, as `warnings.warn` and loggers of `logging` do."""
    if any(one.arg in {"skip_file_prefixes", None} for one in call.keywords):
        return False
    if _is_warn(tree, call.func):
        return True
    function = call.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return False
    return function.attr in _LEVELS_OF_LOGGING and function.value.id in {"logging", *_loggers(tree)}


def _is_warn(tree: ast.Module, function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr == "warn" and isinstance(function.value, ast.Name) and function.value.id == "warnings"
    imports = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom) and one.module == "warnings"]
    names = {one.asname or one.name for node in imports for one in node.names if one.name == "warn"}
    return isinstance(function, ast.Name) and function.id in names


def _loggers(tree: ast.Module) -> set[str]:
    """Return the names that the module assigns `logging.getLogger(...)` to."""
    return {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if ast.unparse(node.value.func) in {"logging.getLogger", "getLogger"}
        for target in node.targets
        if isinstance(target, ast.Name)
    }  # fmt: skip


def _refuse_levels_of_callees(tree: ast.Module, function: Function) -> None:
    calls = ModuleCalls.of(tree)
    for name, depth in calls.depths(called_in(function.body)).items():
        highest = max((_highest(tree, one) for one in calls.functions[name]), default=0)
        # Level 1 is the callee itself and level `depth` + 1 is this function, whose text moves with the block.
        if highest > depth + 1:
            raise ExtractionRefused(
                f"{name}() warns with stacklevel={highest}, which would mean another frame if one more is between."
            )


def _highest(tree: ast.Module, function: Function) -> int:
    """Return the highest stack level that a function gives to a call of its own."""
    found = [_level(tree, node) for node in ast.walk(function) if isinstance(node, ast.Call)]
    return max((_literal(one) or 0 for one in found if one is not None), default=0)
