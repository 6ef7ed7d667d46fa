"""Writing return types into a module, with the imports that they need, which only type checkers run."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from grace_workers.coding.functions import FunctionIndex
from grace_workers.coding.patch import Edit, edited
from grace_workers.coding.rewriting.module_unit import is_for_types
from grace_workers.coding.rewriting.return_site import return_sites
from grace_workers.coding.rewriting.revealed_type import WrittenType

_ARROW = " -> "


def annotated(source: str, types: Mapping[int, WrittenType]) -> str:
    """Return the module with the return types of functions, by their number; without those whose names are taken."""
    if not types:
        return source
    tree = ast.parse(source)
    origins = _origins(tree)
    spelled = {number: _spelled(one, origins) for number, one in types.items()}
    fitting = {number: one for number, one in spelled.items() if _fits(one, origins)}
    bare = any(isinstance(one, ast.ImportFrom) and one.module == "__future__" and
               any(name.name == "annotations" for name in one.names) for one in tree.body)  # fmt: skip
    edits = []
    for site in return_sites(source):
        written = fitting.get(site.number)
        if written is not None:
            text = written.text if bare or written.plain else f'"{written.text}"'
            edits.append(Edit(*site.place, *site.place, f"{_ARROW}{text}"))
    needed = {
        (place, name)
        for one in fitting.values()
        for name, place in one.needs.items()
        if place and not _is_there(name, place, origins)
    }
    return edited(source.encode(), [*edits, *_imports(tree, needed)]).decode()


def without_returns(source: str, numbers: Collection[int]) -> str:
    """Return the module without the return types that `annotated` wrote, by the number of the function."""
    edits = []
    for number, one in enumerate(FunctionIndex(source.encode()).all):
        if number in numbers and one.node is not None and one.node.returns is not None:
            kind = one.node.returns
            start, end = kind.col_offset - len(_ARROW), kind.end_col_offset or 0
            edits.append(Edit(kind.lineno, start, kind.end_lineno or kind.lineno, end, ""))
    return edited(source.encode(), edits).decode()


def with_types(source: str, edits: Sequence[Edit], types: Iterable[WrittenType]) -> str:
    """Return the module with edits made, and with the imports of the types in them."""
    tree = ast.parse(source)
    origins = _origins(tree)
    needed = {(place, name) for one in types for name, place in one.needs.items()
              if place and not _is_there(name, place, origins)}  # fmt: skip
    return edited(source.encode(), [*edits, *_imports(tree, needed)]).decode()


def fits(source: str, one: WrittenType) -> bool:
    """Return whether every name of a type can be imported into a module, or is there."""
    return _fits(one, _origins(ast.parse(source)))


def with_import(source: str, module: str, name: str) -> str:
    """Return the module with a name imported from another one, below its imports."""
    return edited(source.encode(), [import_edit(ast.parse(source), f"from {module} import {name}")]).decode()


def import_edit(tree: ast.Module, statement: str) -> Edit:
    """Return the edit that adds an import below those of the module."""
    line = _below_imports(tree)
    row = f"{statement}\n"
    place = line + 1 if line else 1
    text = row if line and _imports_end_there(tree, line) else f"{row}\n\n" if not line else f"\n{row}"
    return Edit(place, 0, place, 0, text)


def _imports_end_there(tree: ast.Module, line: int) -> bool:
    return any(isinstance(one, ast.Import | ast.ImportFrom) and one.end_lineno == line for one in tree.body)


def _fits(one: WrittenType, origins: Mapping[str, str]) -> bool:
    """Return whether every name of the type can be imported, or is there."""
    return all(
        _is_there(name, place, origins) or (name not in origins if place else False)
        for name, place in one.needs.items()
    )


def _is_there(name: str, place: str, origins: Mapping[str, str]) -> bool:
    """Return whether the module has a name, of its own or from that place; `typing` has those of `collections.abc`."""
    same = {f"{place}.{name}", f"typing.{name}" if place == "collections.abc" else f"{place}.{name}"}
    return name in origins and (not place or origins[name] in same)


def _spelled(one: WrittenType, origins: Mapping[str, str]) -> WrittenType:
    """Return the type with names that are taken written behind their module, where that is imported as a whole."""
    text, needs = one.text, dict(one.needs)
    for name, place in one.needs.items():
        root = place.partition(".")[0]
        if place and name in origins and not _is_there(name, place, origins) and origins.get(root) in {root, place}:
            text = re.sub(rf"(?<![\w.]){name}\b", f"{place}.{name}", text)
            del needs[name]
    return WrittenType(text, needs)


def _origins(tree: ast.Module) -> dict[str, str]:
    """Return where the names of the module come from: a dotted name, or a dot if they are its own."""
    found: dict[str, str] = {}
    for node in tree.body:
        inside = node.body if is_for_types(node) and isinstance(node, ast.If) else [node]
        for one in inside:
            found.update(_bound(one))
    return found


def _bound(node: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.ImportFrom):
        prefix = "." * node.level + (node.module or "")
        yield from ((one.asname or one.name, f"{prefix}.{one.name}") for one in node.names)
    elif isinstance(node, ast.Import):
        yield from ((one.asname or one.name.partition(".")[0], one.name) for one in node.names)
    elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name, "."
    else:
        for one in ast.walk(node):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                yield one.id, "."
            elif isinstance(one, ast.Import | ast.ImportFrom):
                yield from _bound(one)


def _imports(tree: ast.Module, needed: Iterable[tuple[str, str]]) -> Iterator[Edit]:
    """Yield the edit that adds imports below those of the module."""
    by_place: dict[str, set[str]] = {}
    for place, name in needed:
        by_place.setdefault(place, set()).add(name)
    if not by_place:
        return
    below = _types_block(tree)
    if below is not None:
        line, indent = below.body[-1].end_lineno or below.lineno, " " * below.body[-1].col_offset
        rows = [
            f"{indent}from {place} import {', '.join(sorted(names))}\n" for place, names in sorted(by_place.items())
        ]
        yield Edit(line + 1, 0, line + 1, 0, "".join(rows))
        return
    rows = [] if "TYPE_CHECKING" in _origins(tree) else ["from typing import TYPE_CHECKING", ""]
    rows.append("if TYPE_CHECKING:")
    rows += [f"    from {place} import {', '.join(sorted(names))}" for place, names in sorted(by_place.items())]
    line, text = _below_imports(tree), "\n".join(rows)
    if line:
        yield Edit(line + 1, 0, line + 1, 0, f"{text}\n" if rows[0].startswith("from") else f"\n{text}\n")
    else:
        yield Edit(1, 0, 1, 0, f"{text}\n\n\n")


def _types_block(tree: ast.Module) -> ast.If | None:
    """Return the module's `if TYPE_CHECKING:` that has lines of its own."""
    found = [one for one in tree.body if isinstance(one, ast.If) and is_for_types(one)]
    return next((one for one in found if one.body[0].lineno > one.lineno), None)


def _below_imports(tree: ast.Module) -> int:
    """Return the line after which imports go: that of the last import before any definition, or of the docstring."""
    line = 0
    for number, one in enumerate(tree.body):
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            break
        docstring = number == 0 and isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
        if docstring or isinstance(one, ast.Import | ast.ImportFrom):
            line = one.end_lineno or one.lineno
    return line
