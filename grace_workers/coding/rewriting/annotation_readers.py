"""Functions whose annotations something may read when the program runs, so that one more changes what it does.

A web framework, for one, takes the type that a handler returns for the form of its answers.
"""

import ast
import sys
from collections.abc import Iterable, Iterator

from grace_workers.coding.functions import Defined
from grace_workers.coding.rewriting.return_site import ReturnSite

_READERS = frozenset({"__annotations__", "get_annotations", "get_type_hints", "signature"})


def reading_annotations(source: str, sites: Iterable[ReturnSite]) -> set[int]:
    """Return the numbers of functions that a reader decorates, or is given by their names.

    A reader is what comes from another package, what is made by one, or what looks at annotations itself.
    """
    tree = ast.parse(source)
    readers = _readers(tree)
    given = {name for call in _calls(tree) if _is_of(call.func, readers) for name in _handed(call)}
    return {
        one.number
        for one in sites
        if one.bare in given or any(_is_of(each, readers) for each in one.node.decorator_list)
    }


def _readers(tree: ast.Module) -> set[str]:
    """Return the names, with dots for those of attributes."""
    nodes = list(ast.walk(tree))
    found = {name for one in nodes if isinstance(one, ast.Import | ast.ImportFrom) for name in _foreign(one)}
    found |= {one.name for one in nodes if isinstance(one, Defined) and _looks(one)}
    found |= {f"{one}.{each}" for one in ("inspect", "typing") for each in _READERS} | _READERS
    made = [one for one in nodes if isinstance(one, ast.Assign | ast.AnnAssign | ast.NamedExpr) and one.value]
    known = -1
    while len(found) > known:
        known = len(found)
        found |= {ast.unparse(place) for one in made if _is_of(one.value, found) for place in _places(one)}
    return found


def _foreign(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Yield the names that an import of another package binds; what is relative is of the same one."""
    package = "" if isinstance(node, ast.Import) else "." * node.level + (node.module or "")
    for one in node.names:
        root = (package or one.name).partition(".")[0]
        if root and root not in sys.stdlib_module_names:
            yield one.asname or (one.name if package else root)


def _looks(function: Defined) -> bool:
    words = (getattr(one, "attr", getattr(one, "id", "")) for one in ast.walk(function))
    return any(one in _READERS for one in words)


def _places(node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> Iterator[ast.expr]:
    """Yield what is assigned to."""
    places = node.targets if isinstance(node, ast.Assign) else [node.target]
    yield from (one for one in places if isinstance(one, ast.Name | ast.Attribute))


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    yield from (one for one in ast.walk(tree) if isinstance(one, ast.Call))


def _handed(call: ast.Call) -> Iterator[str]:
    """Yield the names of what may be functions among the arguments."""
    for one in (*call.args, *(each.value for each in call.keywords)):
        if isinstance(one, ast.Name | ast.Attribute):
            yield one.id if isinstance(one, ast.Name) else one.attr


def _is_of(expression: ast.expr | None, names: set[str]) -> bool:
    """Return whether an expression is one of these names, or an attribute or a call of one."""
    while expression is not None:
        if isinstance(expression, ast.Name | ast.Attribute) and ast.unparse(expression) in names:
            return True
        expression = expression.func if isinstance(expression, ast.Call) else getattr(expression, "value", None)
    return False
