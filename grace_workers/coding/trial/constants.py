"""The values that a function compares with and looks for: its own literals, and those of what it names and calls."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .pattern_text import matching

_LONGEST, _MOST, _MOST_ITEMS, _DEEPEST, _TEXTS = 40, 60, 40, 2, 6
_KINDS = frozenset({"int", "float", "str", "bytes"})
Found = Mapping[str, list[str]]


class Constants:
    """The constants of a module's functions. `space` are the module's names with their values."""

    def __init__(self, tree: ast.Module, space: Mapping[str, Any]) -> None:
        self._tree, self._space = tree, space
        self._attributes = _attributes(space)
        self._functions: dict[str, list[ast.AST]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._functions.setdefault(node.name, []).append(node)
        self._known: dict[ast.AST | None, Found] = {}

    def of(self, node: ast.AST | None) -> Found:
        """Return the constants of a function, or of the module, and their neighbours, by kind, as Python text."""
        if node not in self._known:
            found: dict[str, dict[str, None]] = {}
            for value in self._values(node or self._tree, _DEEPEST, set()):
                found.setdefault(type(value).__name__, {})[repr(value)] = None
            self._known[node] = {kind: list(texts)[:_MOST] for kind, texts in found.items() if kind in _KINDS}
        return self._known[node]

    def _values(self, node: ast.AST, depth: int, seen: set[ast.AST]) -> Iterator[Any]:
        """Yield those of the function, and then those of the module's functions that it calls."""
        seen.add(node)
        called: list[ast.AST] = []
        for one in ast.walk(node):
            if isinstance(one, ast.Constant):
                yield from _around(one.value)
            elif isinstance(one, ast.Name | ast.Attribute):
                name = one.id if isinstance(one, ast.Name) else one.attr
                known = self._space if isinstance(one, ast.Name) else self._attributes
                if name in known:
                    yield from _within(known[name])
                called += self._functions.get(name, [])
        for one in called if depth else ():
            if one not in seen:
                yield from self._values(one, depth - 1, seen)


def _attributes(space: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of attributes of the module's classes, by their names."""
    found: dict[str, Any] = {}
    for one in space.values():
        if isinstance(one, type):
            held = {name: value for name, value in vars(one).items() if not name.startswith("__")}
            found |= {name: value for name, value in held.items() if any(_within(value))}
    return found


def _within(value: Any) -> Iterator[Any]:
    """Yield what a value of the module gives to compare with: itself, its items, or texts that match it."""
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield from matching(value, _TEXTS)
    elif type(value) in {list, tuple, set, frozenset, dict} and len(value) <= _MOST_ITEMS:
        for one in sorted(value, key=repr) if isinstance(value, set | frozenset) else value:
            yield from _within(one) if isinstance(one, re.Pattern) else _around(one)
    else:
        yield from _around(value)


def _around(value: Any) -> Iterator[Any]:
    if type(value) in {int, float}:
        yield from (value, value + 1, value - 1)
    elif type(value) in {str, bytes} and len(value) <= _LONGEST:
        yield value
