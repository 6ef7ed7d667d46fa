"""A module as units: the top-level statements that stay together, what each binds and uses, and its lines."""

import ast
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grace_workers.coding.extraction.spot import first_line, last_line

_RUN_AT_ONCE = {"listcomp", "setcomp", "dictcomp", "genexpr"}
_OWN_NAMES = {"__name__", "__file__", "__path__", "__package__", "__spec__", "__loader__", "__doc__", "globals", "vars"}
_TYPING_CALLS = {"cast", "TypeVar", "NewType", "ForwardRef", "assert_type"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleUnit:
    """A top-level statement. `now` are the names that it reads when the module is imported, `uses` all it reads.

    Its lines begin after the statement before it, so that comments above it belong to it.
    """

    node: ast.stmt
    first: int
    last: int
    binds: frozenset[str]
    uses: frozenset[str]
    now: frozenset[str]
    rebinds: frozenset[str]

    @property
    def is_import(self) -> bool:
        """Whether it only imports, perhaps for type checkers alone."""
        body = self.node.body if is_for_types(self.node) and isinstance(self.node, ast.If) else [self.node]
        return all(isinstance(one, ast.Import | ast.ImportFrom) for one in body)

    @property
    def is_for_types(self) -> bool:
        """Whether its names exist for type checkers only, so that it is used in annotations alone."""
        return is_for_types(self.node) and not self.is_import

    @property
    def defines(self) -> bool:
        """Whether all it does is to bind names, so that it may happen in another module."""
        return _defines(self.node) and _surely_bound([self.node]) >= self.binds

    @property
    def needs_its_module(self) -> bool:
        """Whether it is about the module itself: its file, its name or its namespace."""
        special = {one for one in self.binds if one.startswith("__") and one.endswith("__")}
        return bool(special or self.uses & _OWN_NAMES)


def units_of(source: str, tree: ast.Module) -> list[ModuleUnit] | None:
    """Return the units of a module without its docstring; None if statements share a line."""
    lines = source.split("\n")
    found: list[ModuleUnit] = []
    before = 0
    for number, node in enumerate(tree.body):
        if first_line(node) <= before:
            return None
        if not (number == 0 and _is_docstring(node)):
            text = "\n".join(lines[first_line(node) - 1 : last_line(node)])
            found.append(_unit(node, before + 1, text))
        before = last_line(node)
    return found


def is_for_types(node: ast.stmt) -> bool:
    """Return whether it is an `if TYPE_CHECKING:` without an else."""
    return isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING" and not node.orelse


def _unit(node: ast.stmt, first: int, text: str) -> ModuleUnit:
    top = symtable.symtable(text, "<unit>", "exec")
    tables = list(_tables(top, now=True))
    binds = frozenset(one.get_name() for one in top.get_symbols() if one.is_assigned() or one.is_imported())
    read = {(name, now) for table, now in tables for name in _read(table, top)}
    spelled = _annotated(node)
    return ModuleUnit(
        node=node,
        first=first,
        last=last_line(node),
        binds=binds,
        uses=frozenset({name for name, _ in read} | spelled),
        now=frozenset({name for name, now in read if now} | spelled),
        rebinds=frozenset(_rebound(tables)),
    )


def _tables(table: symtable.SymbolTable, *, now: bool) -> Iterator[tuple[symtable.SymbolTable, bool]]:
    yield table, now
    for child in table.get_children():
        at_once = child.get_type() == "class" or child.get_name() in _RUN_AT_ONCE
        yield from _tables(child, now=now and at_once)


def _read(table: symtable.SymbolTable, top: symtable.SymbolTable) -> Iterator[str]:
    for one in table.get_symbols():
        if one.is_referenced() and (table is top or one.is_global()):
            yield one.get_name()


def _rebound(tables: Sequence[tuple[symtable.SymbolTable, bool]]) -> Iterator[str]:
    for table, _ in tables:
        yield from (one.get_name() for one in table.get_symbols() if one.is_declared_global())


def _annotated(node: ast.AST) -> set[str]:
    """Return the names in annotations, and in strings that type checkers read as types."""
    found: set[str] = set()
    for one in ast.walk(node):
        for annotation in _types_of(one):
            found |= _names_in_type(annotation)
    return found


def _types_of(node: ast.AST) -> list[ast.expr]:
    places = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    if isinstance(node, ast.Subscript):
        places.append(node.slice)
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _TYPING_CALLS:
        places += [*node.args, *(one.value for one in node.keywords)]
    return [one for one in places if isinstance(one, ast.expr)]


def _names_in_type(node: ast.expr) -> set[str]:
    found: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            found.add(one.id)
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            try:
                found |= _names_in_type(ast.parse(one.value.strip(), mode="eval").body)
            except (SyntaxError, ValueError):
                continue
    return found


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Pass):
        return True
    if isinstance(node, ast.Assign):
        return all(_is_name(one) for one in node.targets)
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name)
    if isinstance(node, ast.If):
        return all(map(_defines_or_imports, [*node.body, *node.orelse]))
    if isinstance(node, ast.Try):
        handled = [one for handler in node.handlers for one in handler.body]
        return all(map(_defines_or_imports, [*node.body, *node.orelse, *handled])) and not node.finalbody
    return False


def _defines_or_imports(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom) or _defines(node)


def _surely_bound(body: Sequence[ast.stmt]) -> set[str]:
    """Return the names that the statements bind whichever way they run."""
    found: set[str] = set()
    for node in body:
        if isinstance(node, ast.If):
            found |= _surely_bound(node.body) & _surely_bound(node.orelse)
        elif isinstance(node, ast.Try):
            whole = _surely_bound([*node.body, *node.orelse])
            found |= whole.intersection(*(_surely_bound(one.body) for one in node.handlers if not _raises(one.body)))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {one.asname or one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign) or (isinstance(node, ast.AnnAssign) and node.value is not None):
            found |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    return found


def _raises(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Raise)


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Tuple) and all(map(_is_name, node.elts)))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
