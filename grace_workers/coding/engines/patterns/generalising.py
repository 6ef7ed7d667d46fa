"""Anti-unification: the most special template that two changes of code have in common.

G. Plotkin, "A Note on Inductive Generalization", 1970: where two terms differ, both sides of a change get the same
hole for the same pair of parts.
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

HOLE = "__hole_{}__"
_PLACES = {"lineno", "col_offset", "end_lineno", "end_col_offset", "type_comment", "kind"}

Change = tuple[ast.expr | ast.stmt, ast.expr | ast.stmt]
"""A part of code before and after; in a template, some of its names are holes."""


def is_hole(node: object) -> bool:
    """Return whether the node stands for any expression."""
    return isinstance(node, ast.Name) and node.id.startswith("__hole_")


def holes(node: ast.AST) -> set[str]:
    """Return the holes in a template."""
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and is_hole(one)}


def generalised(one: Change, other: Change) -> Change | None:
    """Return what both changes are instances of; None if nothing but holes would be left, or a new part is unknown."""
    found: dict[str, str] = {}
    before, after = _shared(one[0], other[0], found), _shared(one[1], other[1], found)
    if not isinstance(before, ast.expr | ast.stmt) or not isinstance(after, ast.expr | ast.stmt):
        return None
    kept = not is_hole(before) and not is_hole(after) and holes(after) <= holes(before)
    return (before, after) if kept and ast.dump(before) != ast.dump(after) else None


def renamed(change: Change) -> Change:
    """Return the change with a hole for each name that is read on both sides: a variable of its function."""
    shared = _names(change[0]) & _names(change[1])
    order = dict.fromkeys(one.id for one in _ordered(change[0]) if one.id in shared)
    into = {name: HOLE.format(number) for number, name in enumerate(order)}
    return _Renaming(into).visited(change[0]), _Renaming(into).visited(change[1])


def fitted(template: ast.AST, node: ast.AST) -> Mapping[str, ast.expr] | None:
    """Return what the holes of a template stand for in a node; None if it does not fit."""
    found: dict[str, ast.expr] = {}
    return found if _fits(template, node, found) else None


def filled(template: ast.expr | ast.stmt, values: Mapping[str, ast.expr]) -> str:
    """Return the template as text, with its holes filled."""
    return ast.unparse(_Filling(values).visited(template))


def _shared(one: Any, other: Any, found: dict[str, str]) -> Any:
    if isinstance(one, ast.AST) and type(one) is type(other):
        made = {
            name: _shared(a, getattr(other, name), found) for name, a in ast.iter_fields(one) if name not in _PLACES
        }
        if all(value is not _UNLIKE for value in made.values()):
            return type(one)(**made)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        items = [_shared(a, b, found) for a, b in zip(one, other, strict=True)]
        return items if all(item is not _UNLIKE for item in items) else _UNLIKE
    elif not isinstance(one, ast.AST | list):
        return one if one == other and type(one) is type(other) else _UNLIKE
    if isinstance(one, ast.expr) and isinstance(other, ast.expr) and _is_read(one) and _is_read(other):
        key = f"{ast.dump(one)} {ast.dump(other)}"
        name = found.setdefault(key, HOLE.format(len(found)))
        return ast.Name(id=name, ctx=ast.Load())
    return _UNLIKE


_UNLIKE = object()


def _fits(template: Any, node: Any, found: dict[str, ast.expr]) -> bool:
    if is_hole(template):
        if not isinstance(node, ast.expr) or not _is_read(node):
            return False
        known = found.setdefault(template.id, node)
        return ast.dump(known) == ast.dump(node)
    if isinstance(template, ast.AST):
        return type(template) is type(node) and all(
            _fits(value, getattr(node, name), found) for name, value in ast.iter_fields(template) if name not in _PLACES
        )
    if isinstance(template, list):
        same = isinstance(node, list) and len(template) == len(node)
        return same and all(_fits(a, b, found) for a, b in zip(template, node, strict=True))
    return type(template) is type(node) and bool(template == node)


def _is_read(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in _ordered(node)}


def _ordered(node: ast.AST) -> Iterator[ast.Name]:
    called = {id(one.func) for one in ast.walk(node) if isinstance(one, ast.Call)}
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and _is_read(one) and id(one) not in called:
            yield one


class _Renaming(ast.NodeTransformer):
    def __init__(self, into: Mapping[str, str]) -> None:
        self._into = into

    def visited(self, node: Any) -> Any:
        return self.visit(_copied(node))

    def visit_Name(self, node: ast.Name) -> ast.Name:
        known = _is_read(node) and node.id in self._into
        return ast.Name(id=self._into[node.id], ctx=ast.Load()) if known else node


class _Filling(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self._values = values

    def visited(self, node: Any) -> Any:
        return self.visit(_copied(node))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._values.get(node.id, node)


def _copied(node: Any) -> Any:
    if isinstance(node, ast.AST):
        return type(node)(**{name: _copied(value) for name, value in ast.iter_fields(node)})
    return [_copied(one) for one in node] if isinstance(node, list) else node
