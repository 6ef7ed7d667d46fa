"""Which names a piece of syntax reads, binds and captures in the function around it."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_SORTS = {"sorted", "min", "max", "sort"}
_USES_UP = _SORTS | {"any", "all", "sum", "list", "tuple", "set", "dict", "frozenset", "join", "update", "extend"}


@dataclass(slots=True)
class NameUse:
    """Names of one function's scope.

    `captures` are read later, by a closure or a lazy generator; they are among `reads` too. `rebinds` are what a
    nested function assigns through `nonlocal`.
    """

    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    unbinds: set[str] = field(default_factory=set)
    captures: set[str] = field(default_factory=set)
    rebinds: set[str] = field(default_factory=set)
    declared_global: set[str] = field(default_factory=set)
    declared_nonlocal: set[str] = field(default_factory=set)

    def add(self, other: "NameUse") -> None:
        """Add what `other` found."""
        for name in self.__dataclass_fields__:
            getattr(self, name).update(getattr(other, name))


def use_of(nodes: Iterable[ast.AST]) -> NameUse:
    """Return what the nodes do to the names of their scope."""
    finder = _Finder()
    for node in nodes:
        finder.visit(node)
    return finder.found


def locals_of(function: Function | ast.Lambda) -> set[str]:
    """Return the function's local names: parameters, and what it binds and does not declare elsewhere."""
    body = function.body if isinstance(function.body, list) else [function.body]
    use = use_of(body)
    bound = use.binds | use.unbinds | parameters(function.args)
    return bound - use.declared_global - use.declared_nonlocal


def parameters(arguments: ast.arguments) -> set[str]:
    """Return the names of all parameters."""
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return {one.arg for one in [*plain, arguments.vararg, arguments.kwarg] if one is not None}


def own_nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Walk the nodes without what runs in another scope; comprehensions run in place and are walked."""
    pending = list(nodes)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.Lambda):
            pending += _defaults(node.args)
        elif isinstance(node, ast.ClassDef):
            pending += [*node.decorator_list, *node.bases, *node.keywords]
        elif isinstance(node, Function):
            pending += [*node.decorator_list, *_defaults(node.args)]
        else:
            pending += ast.iter_child_nodes(node)


def _defaults(arguments: ast.arguments) -> list[ast.expr]:
    return [*arguments.defaults, *(one for one in arguments.kw_defaults if one is not None)]


def _annotations(function: Function) -> list[ast.expr]:
    args = function.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    found = [one.annotation for one in every if one is not None and one.annotation is not None]
    return found + ([function.returns] if function.returns is not None else [])


class _Finder(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found = NameUse()

    def visit_Call(self, node: ast.Call) -> None:
        """Treat a generator or a key that the call consumes before it returns as a part of the call."""
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        inline = [one for one in node.args if name in _USES_UP and isinstance(one, ast.GeneratorExp)]
        keys = [one.value for one in node.keywords if name in _SORTS and isinstance(one.value, ast.Lambda)]
        for one in (*inline, *keys):
            inner = use_of([one])
            self.found.reads |= inner.reads
            self.found.binds |= inner.binds
            self.found.rebinds |= inner.rebinds - inner.binds
        for child in (node.func, *node.args, *node.keywords):
            if child not in inline and not (isinstance(child, ast.keyword) and child.value in keys):
                self.visit(child)

    def visit_Name(self, node: ast.Name) -> None:
        kinds = {ast.Load: self.found.reads, ast.Store: self.found.binds, ast.Del: self.found.unbinds}
        kinds[type(node.ctx)].add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.found.reads.add(node.target.id)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.found.binds.update(one.asname or one.name.partition(".")[0] for one in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.found.binds.update(one.asname or one.name for one in node.names)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.found.binds.add(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self._pattern(node.name, node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        self._pattern(node.name, node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self._pattern(node.rest, node)

    def _pattern(self, name: str | None, node: ast.AST) -> None:
        if name:
            self.found.binds.add(name)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.found.declared_global.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.found.declared_nonlocal.update(node.names)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: Function) -> None:
        for one in [*node.decorator_list, *_defaults(node.args), *_annotations(node)]:
            self.visit(one)
        self.found.binds.add(node.name)
        self._closure(node.body, parameters(node.args))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for one in _defaults(node.args):
            self.visit(one)
        self._closure([node.body], parameters(node.args))

    def _closure(self, body: Iterable[ast.AST], known: set[str]) -> None:
        inner = use_of(body)
        assigned = inner.binds | inner.unbinds
        bound = (known | assigned) - inner.declared_nonlocal
        free = (inner.reads | inner.captures | inner.declared_nonlocal) - bound - inner.declared_global
        self.found.captures |= free
        self.found.reads |= free
        self.found.rebinds |= (inner.declared_nonlocal & assigned) | (inner.rebinds - bound)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for one in [*node.decorator_list, *node.bases, *node.keywords]:
            self.visit(one)
        inner = use_of(node.body)
        self.found.binds.add(node.name)
        # Methods do not see what a class body binds, so nothing they read is attributed to it.
        self.found.reads |= inner.reads - inner.declared_global
        self.found.captures |= inner.captures | (inner.reads - inner.declared_global)
        self.found.rebinds |= inner.rebinds | inner.declared_nonlocal

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._comprehension(node, [node.elt])

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._comprehension(node, [node.elt])

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._comprehension(node, [node.key, node.value])

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._comprehension(node, [node.elt])

    def _comprehension(self, node: Comprehension, values: list[ast.expr]) -> None:
        first, *rest = node.generators
        self.visit(first.iter)
        inner = use_of([*values, first.target, *first.ifs, *rest])
        walrus = {one.target.id for one in own_nodes([node]) if isinstance(one, ast.NamedExpr)}
        targets = inner.binds - walrus
        free = inner.reads - targets
        self.found.reads |= free
        self.found.binds |= walrus
        self.found.captures |= inner.captures - targets
        self.found.rebinds |= inner.rebinds - targets
        if isinstance(node, ast.GeneratorExp):
            self.found.captures |= free | walrus
            self.found.rebinds |= walrus
