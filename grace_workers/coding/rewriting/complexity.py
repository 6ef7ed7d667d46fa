"""How many independent paths lead through code: McCabe's measure, with Boolean operators and comprehensions."""

import ast
from collections.abc import Iterator

_ONE = (ast.If, ast.IfExp, ast.Lambda, ast.Assert)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_CLOSED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def complexity_of(node: ast.AST) -> int:
    """Return the complexity of a function, or of a statement as if it were one; inner functions count by themselves."""
    return 1 + sum(map(_own, _within(node)))


def _within(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of the code itself, without those of functions and classes in it."""
    below: list[ast.AST] = [node] if not isinstance(node, _CLOSED) else list(node.body)
    while below:
        one = below.pop()
        if isinstance(one, _CLOSED):
            continue
        yield one
        below.extend(ast.iter_child_nodes(one))


def _own(node: ast.AST) -> int:
    if isinstance(node, _ONE):
        return 1
    if isinstance(node, _LOOPS):
        return 1 + bool(node.orelse)
    if isinstance(node, ast.Try | ast.TryStar):
        return len(node.handlers) + bool(node.orelse)
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    return _cases(node) if isinstance(node, ast.Match) else 0


def _cases(node: ast.Match) -> int:
    """Return the number of cases, without one that matches everything."""
    always = any(isinstance(one.pattern, ast.MatchAs) and one.pattern.pattern is None for one in node.cases)
    return len(node.cases) - always
