"""What one Python file says for the index: its symbols, what they use, and what it imports. By its syntax tree."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from grace_workers.coding.engines.reproduction.trouble import module_of

_Defined = ast.FunctionDef | ast.AsyncFunctionDef
_LONGEST, _LARGEST = 200, 1 << 20


class CodeSymbol(NamedTuple):
    """A class or a function, by its qualified name in the file.

    `bases` are dotted names: the classes that a class inherits from, or the one whose objects a function returns.
    """

    name: str
    kind: str
    first: int
    last: int
    signature: str
    about: str
    bases: tuple[str, ...] = ()


class CodeUse(NamedTuple):
    """A name that a symbol uses, or that the module itself does (`by` is empty).

    `name` is a dotted name from the root of the code, or `.method` where the object is not known.
    """

    by: str
    name: str
    line: int
    called: bool


@dataclass(frozen=True, slots=True)
class FileFacts:
    """All of a file. `imports` are the dotted names that its own names stand for."""

    module: str
    symbols: tuple[CodeSymbol, ...] = ()
    uses: tuple[CodeUse, ...] = ()
    imports: Mapping[str, str] = field(default_factory=dict)
    fixtures: frozenset[str] = frozenset()

    def plain(self) -> list[Any]:
        """Return it as JSON's types."""
        return [self.module, self.symbols, self.uses, dict(self.imports), sorted(self.fixtures)]

    @classmethod
    def of_plain(cls, said: Sequence[Any]) -> "FileFacts":
        """Return what `plain` returned. Raises TypeError, ValueError if it is something else."""
        module, symbols, uses, imports, fixtures = said
        known = tuple(CodeSymbol._make([*one[:-1], tuple(one[-1])]) for one in symbols)
        return cls(module, known, tuple(CodeUse._make(one) for one in uses), imports, frozenset(fixtures))


def facts_of(file: str, content: bytes) -> FileFacts:
    """Return what a file says; a file that cannot be parsed, or is larger than a person writes, says nothing."""
    module = module_of(file)
    if len(content) > _LARGEST:
        return FileFacts(module)
    try:
        tree = ast.parse(content)
        reader = _Reader(module, is_package=file.endswith("__init__.py"))
        reader.read_module(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return FileFacts(module)
    return FileFacts(
        module, tuple(reader.symbols), tuple(dict.fromkeys(reader.uses)), reader.imports, frozenset(reader.fixtures)
    )


@dataclass(slots=True)
class _Around:
    """What surrounds a statement: the symbol, the class of `self`, and what is known of local names.

    `known` are local names, with the dotted name of what each stands for; the empty text is anything else. `objects`
    are those that hold objects, with the dotted names of their classes, or of the functions that return them.
    """

    symbol: str = ""
    owner: str = ""
    known: dict[str, str] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)


class _Reader:
    """Walks a tree once."""

    def __init__(self, module: str, *, is_package: bool) -> None:
        self.module = module
        self.package = module if is_package else module.rpartition(".")[0]
        self.symbols: list[CodeSymbol] = []
        self.uses: list[CodeUse] = []
        self.imports: dict[str, str] = {}
        self.fixtures: set[str] = set()
        self._top: set[str] = set()
        self._fields: dict[str, str] = {}
        # What nodes of the present statement stand for and hold: a chain of calls asks for its inner nodes many times.
        self._names: dict[ast.AST, str] = {}
        self._objects: dict[ast.AST, str] = {}

    def read_module(self, tree: ast.Module) -> None:
        """Read everything."""
        for one in ast.walk(tree):
            if isinstance(one, ast.Import | ast.ImportFrom):
                self.imports.update(self._imported(one))
        self._top = {one.name for one in tree.body if isinstance(one, ast.ClassDef | _Defined)}
        self._all(tree.body, _Around())

    def _all(self, body: Sequence[ast.AST], around: _Around) -> None:
        for node in body:
            if isinstance(node, ast.stmt):
                self._names.clear()
                self._objects.clear()
            self._one(node, around)

    def _one(self, node: ast.AST, around: _Around) -> None:
        if isinstance(node, ast.ClassDef):
            self._class(node, around)
        elif isinstance(node, _Defined):
            self._function(node, around)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            self._all([*ast.iter_child_nodes(node)], around)
            self._bind(node, around)
        elif isinstance(node, ast.Call):
            self._use(node.func, around, called=True)
            self._all([*node.args, *(one.value for one in node.keywords)], around)
        elif isinstance(node, ast.Name | ast.Attribute):
            self._use(node, around, called=False)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            self._all([*ast.iter_child_nodes(node)], around)

    def _class(self, node: ast.ClassDef, around: _Around) -> None:
        name = _joined(around.symbol, node.name)
        bases = tuple(named for base in node.bases if (named := self._named(_bare(base), around)))
        self._add(node, name, "class", f"class {node.name}", bases)
        self._all([*node.decorator_list, *node.bases, *(one.value for one in node.keywords)], around)
        for one in node.body:
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                self._fields[f"{self.module}.{name}.{one.target.id}"] = self._class_of(one.annotation, around)
        self._all(node.body, _Around(name, f"{self.module}.{name}", dict(around.known), dict(around.objects)))

    def _function(self, node: _Defined, around: _Around) -> None:
        name = _joined(around.symbol, node.name)
        inside = bool(around.owner) and around.owner == f"{self.module}.{around.symbol}"
        signature = f"{node.name}({ast.unparse(node.args)})"[:_LONGEST]
        returned = self._class_of(node.returns, around)
        self._add(node, name, "method" if inside else "function", signature, (returned,) if returned else ())
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        known = {**around.known, **dict.fromkeys(_stored(node), ""), **dict.fromkeys((one.arg for one in given), "")}
        known |= {one.name: f"{self.module}.{name}.{one.name}" for one in node.body if isinstance(one, _Defined)}
        objects = {**around.objects, **{one.arg: self._class_of(one.annotation, around) for one in given}}
        if inside and given:
            objects[given[0].arg] = around.owner
        self._all([*node.decorator_list, node.args, *([node.returns] if node.returns else [])], around)
        if any("fixture" in ast.unparse(one) for one in node.decorator_list):
            self.fixtures.add(name)
        if node.name.startswith("test") or name in self.fixtures:
            self.uses += [CodeUse(name, f"@{one.arg}", node.lineno, called=True) for one in given]
        self._all(node.body, _Around(name, around.owner, known, objects))

    def _add(
        self, node: ast.ClassDef | _Defined, name: str, kind: str, signature: str, bases: tuple[str, ...] = ()
    ) -> None:
        about = (ast.get_docstring(node) or "").split("\n")[0][:_LONGEST]
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
        self.symbols.append(CodeSymbol(name, kind, first, node.end_lineno or first, signature, about, bases))

    def _use(self, node: ast.expr, around: _Around, *, called: bool) -> None:
        name = self._named(node, around)
        if name:
            self.uses.append(CodeUse(around.symbol, name, node.lineno, called))
        elif isinstance(node, ast.Attribute):
            self.uses.append(CodeUse(around.symbol, f".{node.attr}", node.lineno, called))
        if not isinstance(node, ast.Name):
            self._all([*ast.iter_child_nodes(node)], around)

    def _named(self, node: ast.expr | None, around: _Around) -> str:
        """Return the dotted name that an expression stands for; empty if unknown."""
        if isinstance(node, ast.Name):
            if node.id in around.known:
                return around.known[node.id]
            if node.id in self.imports:
                return self.imports[node.id]
            return f"{self.module}.{node.id}" if node.id in self._top else ""
        if not isinstance(node, ast.Attribute):
            return ""
        if node not in self._names:
            base = self._behind(node.value, around) or self._named(node.value, around)
            self._names[node] = f"{base}.{node.attr}" if base else ""
        return self._names[node]

    def _behind(self, node: ast.expr | None, around: _Around) -> str:
        """Return the class of what an expression gives, or the function that returns it; empty if unknown."""
        if isinstance(node, ast.Name):
            return around.objects.get(node.id, "")
        if not isinstance(node, ast.Attribute | ast.Call):
            return ""
        if node not in self._objects:
            self._objects[node] = self._held(node, around)
        return self._objects[node]

    def _held(self, node: ast.Attribute | ast.Call, around: _Around) -> str:
        if isinstance(node, ast.Call):
            return self._named(node.func, around)
        base = self._behind(node.value, around)
        return self._fields.get(f"{base}.{node.attr}", "") if base else ""

    def _class_of(self, node: ast.expr | None, around: _Around) -> str:
        """Return the class that an annotation names, without `None`."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return ""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._class_of(node.left, around) or self._class_of(node.right, around)
        return self._named(node, around) if isinstance(node, ast.Name | ast.Attribute) else ""

    def _bind(self, node: ast.Assign | ast.AnnAssign, around: _Around) -> None:
        """Remember what object a name or a field of `self` holds from here on."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = self._behind(node.value, around)
        if isinstance(node, ast.AnnAssign):
            value = self._class_of(node.annotation, around) or value
        for target in targets:
            if isinstance(target, ast.Name):
                around.objects[target.id] = value
            elif isinstance(target, ast.Attribute) and value:
                self._fields.setdefault(f"{self._behind(target.value, around)}.{target.attr}", value)

    def _imported(self, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
        if isinstance(node, ast.Import):
            for one in node.names:
                yield (one.asname, one.name) if one.asname else (one.name.partition(".")[0],) * 2
            return
        above = self.package.split(".") if self.package else []
        parts = above[: len(above) - node.level + 1] if node.level else []
        source = ".".join([*parts, *([node.module] if node.module else [])])
        for one in node.names:
            yield one.asname or one.name, f"{source}.{one.name}".strip(".")


def _stored(node: _Defined) -> Iterator[str]:
    """Yield the names that a function binds itself."""
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            yield one.id


def _bare(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _joined(above: str, name: str) -> str:
    return f"{above}.{name}" if above else name
