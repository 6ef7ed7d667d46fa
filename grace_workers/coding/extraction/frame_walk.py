"""Whether a function measures a stack level by walking the frames from its caller, so that one more frame counts.

Its level is then right wherever it is called from, if the walk tells frames apart by what a moved block keeps: the file
and the globals of its code, or that a frame further up is reached.
"""

import ast
from collections.abc import Iterator

from grace_workers.coding.extraction.scope import Function

_OF_THE_BLOCK = {"co_name", "co_qualname", "co_firstlineno", "co_code", "f_lineno", "f_lasti", "f_locals"}
_START = {"currentframe", "_getframe"}


def walks_frames(function: Function) -> bool:
    """Return whether every level that the function returns is counted in a loop over `f_back` from its caller on."""
    loops = [node for node in ast.walk(function) if isinstance(node, ast.While) and _steps(node)]
    if len(loops) != 1 or not _begins_below(function, loops[0]):
        return False
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    if not returned or not all(isinstance(one, ast.Name) and _counts(loops[0], one.id) for one in returned):
        return False
    stops = _stops_by_name(loops[0].test)
    return not any(
        isinstance(node, ast.Attribute) and node.attr in _OF_THE_BLOCK and node not in stops
        for node in ast.walk(function)
    )


def _steps(loop: ast.While) -> bool:
    assigned = [node.value for node in ast.walk(loop) if isinstance(node, ast.Assign)]
    return any(_f_backs(value) == 1 for value in assigned)


def _counts(loop: ast.While, name: str) -> bool:
    """Return whether the loop adds one to the name per step, and does nothing else with it, as to stop at a number."""
    used = [node for node in ast.walk(loop) if isinstance(node, ast.Name) and node.id == name]
    stored = [node for node in used if isinstance(node.ctx, ast.Store)]
    added = [node for node in ast.walk(loop) if isinstance(node, ast.AugAssign | ast.BinOp) and _is_next(node, name)]
    read = len(used) - len(stored)
    return len(stored) == len(added) == 1 and read == isinstance(added[0], ast.BinOp)


def _is_next(node: ast.AugAssign | ast.BinOp, name: str) -> bool:
    own, by = (node.target, node.value) if isinstance(node, ast.AugAssign) else (node.left, node.right)
    one = isinstance(by, ast.Constant) and by.value == 1
    return isinstance(node.op, ast.Add) and isinstance(own, ast.Name) and own.id == name and one


def _begins_below(function: Function, loop: ast.While) -> bool:
    """Return whether the walk begins at the function or at its caller, so that it passes the moved block's frame."""
    inside = {*ast.walk(loop)}
    before = [node for node in ast.walk(function) if node not in inside]
    starts = [node for node in before if isinstance(node, ast.Call) and _called(node) in _START]
    given = [one for call in starts for one in call.args]
    if len(starts) != 1 or not all(isinstance(one, ast.Constant) and one.value in {0, 1} for one in given):
        return False
    skipped = sum(one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, int))
    return skipped + sum(isinstance(node, ast.Attribute) and node.attr == "f_back" for node in before) <= 1


def _stops_by_name(test: ast.expr) -> set[ast.AST]:
    """Return the names of frames that the loop passes unless they are a certain other one: `... co_name != "main"`."""
    compared = [one for one in _compared(test) if isinstance(one.ops[0], ast.NotEq) and len(one.ops) == 1]
    return {one.left for one in compared if isinstance(one.comparators[0], ast.Constant)}


def _compared(test: ast.expr) -> Iterator[ast.Compare]:
    if isinstance(test, ast.Compare):
        yield test
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for one in test.values:
            yield from _compared(one)


def _f_backs(node: ast.AST) -> int:
    return sum(isinstance(one, ast.Attribute) and one.attr == "f_back" for one in ast.walk(node))


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
