"""The guard against memorised answers in free text: no decision may hang on a value that only the tests contain."""

import ast
from collections.abc import Iterator, Sequence

_PLAIN = frozenset(map(repr, (0, 1, 2, -1, "", None, True, False)))


def constants(source: str) -> frozenset[str]:
    """Return the values written in Python source, apart from common ones; none if it is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return frozenset(_values([tree])) - _PLAIN


def decides_by_heart(before: str, after: str, tests: frozenset[str]) -> bool:
    """Return whether `after` compares with, matches or looks up a value of the tests that `before` does not contain."""
    added = (constants(after) - constants(before)) & tests
    return bool(added) and any(added.intersection(_values(parts)) for parts in _decisive(ast.parse(after)))


def _decisive(tree: ast.AST) -> Iterator[Sequence[ast.AST]]:
    """Yield what decisions depend on: sides of comparisons, keys of literal mappings, patterns, arguments of tests."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare():
                yield [node.left, *node.comparators]
            case ast.Dict():
                yield [key for key in node.keys if key is not None]
            case ast.MatchValue() | ast.Subscript():
                yield [node]
            case ast.Call(
                func=ast.Attribute(attr="startswith" | "endswith" | "get" | "fullmatch" | "match" | "search")
            ):
                yield node.args
            case _:
                continue


def _values(parts: Sequence[ast.AST]) -> Iterator[str]:
    for part in parts:
        yield from (repr(node.value) for node in ast.walk(part) if isinstance(node, ast.Constant))
