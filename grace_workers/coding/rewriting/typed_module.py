"""A module as repairs of types see it: its statements, functions and classes by line and name."""

import ast
import builtins
import sys
from collections.abc import Iterator
from functools import cached_property

from grace_workers.coding.extraction.scope import own_nodes
from grace_workers.coding.functions import Defined

_FIELDS = {"NamedTuple", "TypedDict", "Protocol", "Structure", "Union", "Enum", "IntEnum", "StrEnum", "Flag"}
"""Classes whose subclasses read the annotations of their body, or what is bound in it."""
Scope = Defined | ast.ClassDef | ast.Module


class TypedModule:
    """The syntax of one module."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = source.split("\n")
        self.tree = ast.parse(source)

    @cached_property
    def bare(self) -> bool:
        """Whether annotations are not evaluated."""
        futures = [one for one in self.tree.body if isinstance(one, ast.ImportFrom) and one.module == "__future__"]
        return any(name.name == "annotations" for one in futures for name in one.names)

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """The classes whose name no other class has."""
        found: dict[str, list[ast.ClassDef]] = {}
        for one in ast.walk(self.tree):
            if isinstance(one, ast.ClassDef):
                found.setdefault(one.name, []).append(one)
        return {name: same[0] for name, same in found.items() if len(same) == 1}

    def class_named(self, name: str, line: int) -> ast.ClassDef | None:
        """Return the class of a name that a line means: that of the classes around it, or the only one."""
        for one in reversed(self.scopes(line)):
            for each in one.body if isinstance(one, ast.ClassDef) else ():
                if isinstance(each, ast.ClassDef) and each.name == name:
                    return each
        return self.classes.get(name)

    def scopes(self, line: int) -> list[Scope]:
        """Return what is around a line, the outermost first."""
        around = [one for one in ast.walk(self.tree) if isinstance(one, Defined | ast.ClassDef)
                  and one.lineno <= line <= (one.end_lineno or one.lineno)]  # fmt: skip
        return [self.tree, *sorted(around, key=lambda one: one.lineno)]

    def statement(self, line: int) -> ast.stmt | None:
        """Return the innermost statement that stands on a line and begins its own line."""
        found = None
        for one in ast.walk(self.tree):
            if isinstance(one, ast.stmt) and one.lineno <= line <= _head_end(one):
                found = one if found is None or one.lineno >= found.lineno else found
        return found if found is not None and self.begins_line(found) else None

    def begins_line(self, node: ast.stmt) -> bool:
        """Return whether nothing but space is before a statement."""
        return not self.lines[node.lineno - 1].encode()[: node.col_offset].strip()

    def is_plain(self, node: ast.ClassDef) -> bool:
        """Return whether annotations in a class's body say nothing to Python, as they do in a dataclass."""
        if node.decorator_list or node.keywords:
            return False
        return all(self._inherits_plainly(one, node) for one in node.bases)

    def _inherits_plainly(self, base: ast.expr, node: ast.ClassDef) -> bool:
        text = ast.unparse(base).partition("[")[0]
        if text in self.classes:
            return self.classes[text].lineno < node.lineno and self.is_plain(self.classes[text])
        if text.rpartition(".")[2] in _FIELDS:
            return False
        return self.is_standard(text.partition(".")[0])

    def is_standard(self, root: str) -> bool:
        """Return whether a name is built in, or comes from the standard library."""
        if hasattr(builtins, root):
            return True
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and any((one.asname or one.name) == root for one in node.names):
                return not node.level and (node.module or "").partition(".")[0] in sys.stdlib_module_names
            if isinstance(node, ast.Import) and any((one.asname or one.name.partition(".")[0]) == root
                                                    for one in node.names):  # fmt: skip
                return root in sys.stdlib_module_names
        return False


def statements_of(scope: Scope) -> Iterator[ast.stmt]:
    """Yield the statements that run in a scope itself, in the order of the text."""
    inside = [one for one in own_nodes(scope.body) if isinstance(one, ast.stmt)]
    yield from sorted(inside, key=lambda one: (one.lineno, one.col_offset))


def targets_of(node: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Yield what a statement binds, each with the value if that can be told."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _paired(target, node.value)
    elif isinstance(node, ast.AugAssign):
        yield node.target, None
    elif isinstance(node, ast.For | ast.AsyncFor):
        yield from _paired(node.target, None)
    elif isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            if item.optional_vars is not None:
                yield from _paired(item.optional_vars, None)


def _paired(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    if isinstance(target, ast.Starred):
        yield from _paired(target.value, None)
    elif isinstance(target, ast.Tuple | ast.List):
        equal = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
        values = value.elts if equal and isinstance(value, ast.Tuple | ast.List) else [None] * len(target.elts)
        for one, given in zip(target.elts, values, strict=True):
            yield from _paired(one, given)
    else:
        yield target, value


def _head_end(node: ast.stmt) -> int:
    """Return the last line of a statement without its body."""
    body = getattr(node, "body", None)
    if isinstance(body, list) and body:
        return max(node.lineno, int(body[0].lineno) - 1)
    return node.end_lineno or node.lineno
