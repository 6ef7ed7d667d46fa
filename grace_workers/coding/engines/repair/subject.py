"""The function that a search edits: its nodes on suspicious lines, the names it knows, and edits as text."""

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from grace_workers.coding.engines.repair.scope import Scope
from grace_workers.coding.functions import Defined
from grace_workers.coding.patch import Edit

N = TypeVar("N", bound=ast.AST)

# Text inserted at one of these places needs no parentheses.
_TIGHT = (ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare, ast.Attribute, ast.Await, ast.Starred, ast.IfExp)
_ATOMS = (ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.List, ast.Dict, ast.Set, ast.ListComp)
_LONG = 60
_WORD = re.compile(r"(?<![.\w])[A-Za-z_]\w*")
_CALL = re.compile(r"(?<![.\w])([A-Za-z_]\w*)\(")
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class SubjectFunction:
    """One function of one file. `lines` are the lines that may be edited, with their suspicion.

    `around` are the functions that it is defined in, innermost first: it reads their names too.
    """

    source: bytes
    node: Defined
    lines: Mapping[int, float]
    around: tuple[Defined, ...] = ()

    @cached_property
    def rows(self) -> list[bytes]:
        """The file's lines."""
        return self.source.split(b"\n")

    @cached_property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        """Each node's parent within the function."""
        return {child: parent for parent in ast.walk(self.node) for child in ast.iter_child_nodes(parent)}

    def nodes(self, *kinds: type[N]) -> Iterator[N]:
        """Yield the nodes of these kinds in suspicious statements of the body, in the order of the text."""
        for node in self._ordered:
            if isinstance(node, kinds):
                yield node

    def tests(self) -> Iterator[ast.expr]:
        """Yield the conditions of suspicious `if`, `while` and conditional expressions."""
        for node in self.nodes(ast.AST):
            if isinstance(node, ast.If | ast.While | ast.IfExp):
                yield node.test

    def statements(self) -> Iterator[ast.stmt]:
        """Yield the suspicious statements of the body."""
        yield from self.nodes(ast.stmt)

    def blocks(self) -> Iterator[Sequence[ast.stmt]]:
        """Yield every block of statements in the function."""
        for node in ast.walk(self.node):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                    yield block

    def suspicion(self, node: ast.AST) -> float:
        """Return the suspicion of the node's line, or of the first line of its statement."""
        line = getattr(node, "lineno", 0)
        return self.lines.get(line) or self.lines.get(self.statement(node).lineno, 0.0)

    def statement(self, node: ast.AST) -> ast.stmt:
        """Return the innermost statement that the node belongs to."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def text(self, node: ast.AST) -> str:
        """Return the node as it is written, with further lines indented as they are."""
        first, last = node.lineno, node.end_lineno or 0  # type: ignore[attr-defined]
        rows = self.rows[first - 1 : last]
        rows[-1] = rows[-1][: node.end_col_offset]  # type: ignore[attr-defined]
        rows[0] = rows[0][node.col_offset :]  # type: ignore[attr-defined]
        return b"\n".join(rows).decode().replace("\r", "")

    def replace(self, node: ast.AST, text: str, *, atom: bool = False) -> Edit:
        """Return the edit that replaces an expression by `text`, in parentheses if it needs them."""
        tight = isinstance(self.parents.get(node), _TIGHT) or self._is_called(node)
        whole = f"({text})" if tight and not atom and not _is_atom(text) else text
        return Edit(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0, whole)  # type: ignore[attr-defined]

    def between(self, left: ast.AST, right: ast.AST, old: str, new: str) -> Edit | None:
        """Return the edit that turns the operator `old` between two nodes to `new`; None when it is not found."""
        first, column = left.end_lineno or 0, left.end_col_offset or 0  # type: ignore[attr-defined]
        last, end = right.lineno, right.col_offset  # type: ignore[attr-defined]
        if first != last:
            return None
        between = self.rows[first - 1][column:end].decode()
        place = between.find(old)
        if place < 0 or "#" in between:
            return None
        return Edit(first, column + place, first, column + place + len(old), new)

    def indent(self, statement: ast.stmt) -> str:
        """Return what precedes the statement on its line."""
        return self.rows[statement.lineno - 1][: statement.col_offset].decode()

    def alone(self, statement: ast.stmt) -> bool:
        """Return whether nothing else is on the statement's lines."""
        after = self.rows[(statement.end_lineno or 0) - 1][statement.end_col_offset :].strip()
        return not self.indent(statement).strip() and (not after or after.startswith(b"#"))

    def before(self, statement: ast.stmt, text: str) -> Edit:
        """Return the edit that puts a statement before another."""
        indent = self.indent(statement)
        row = "".join(f"{indent}{line}\n" for line in text.split("\n"))
        return Edit(statement.lineno, 0, statement.lineno, 0, row)

    def after(self, statement: ast.stmt, text: str) -> Edit:
        """Return the edit that puts a statement after another, in its block."""
        indent = self.indent(statement)
        row = "".join(f"\n{indent}{line}" for line in text.split("\n"))
        last = statement.end_lineno or 0
        end = self._end_of(last)
        return Edit(last, end, last, end, row)

    def delete(self, statement: ast.stmt) -> Edit:
        """Return the edit that removes a statement, or leaves `pass` if the block would be empty."""
        last = statement.end_lineno or 0
        if self.is_only(statement):
            return Edit(statement.lineno, statement.col_offset, last, statement.end_col_offset or 0, "pass")
        return self.cut(statement.lineno - 1, last)

    def cut(self, above: int, last: int) -> Edit:
        """Return the edit that removes the lines after `above` up to `last`."""
        return Edit(above, self._end_of(above), last, self._end_of(last), "")

    def is_only(self, statement: ast.stmt) -> bool:
        """Return whether it is alone in its block."""
        return any(len(block) == 1 and block[0] is statement for block in self.blocks())

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The parameters and local names in the order of the text, then those of the functions around."""
        return tuple(dict.fromkeys(name for function in (self.node, *self.around) for name in _names(function)))

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that the function and its file read from anything, by name."""
        tree = ast.parse(self.source)
        return tuple(dict.fromkeys(node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)))

    @cached_property
    def expressions(self) -> tuple[str, ...]:
        """The distinct one-line expressions of the function: donors."""
        found: dict[str, None] = {}
        for node in ast.walk(self.node):
            if isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
                text = self.text(node)
                if "\n" not in text and len(text) < _LONG:
                    found[text] = None
        return tuple(found)

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """The distinct tests of the function: donors of conditions."""
        kinds = ast.Compare | ast.BoolOp
        tests = [node for node in ast.walk(self.node) if isinstance(node, kinds)]
        return tuple(dict.fromkeys(self.text(node) for node in tests if "\n" not in self.text(node)))

    def fit(self, edit: Edit) -> float:
        """Return how well the names that an edit uses fit on its line."""
        return min((self._scope.fit(name, edit.first) for name in _WORD.findall(edit.text)), default=1.0)

    def drops_call(self, edit: Edit) -> bool:
        """Return whether an edit leaves fewer calls of functions that are not built in."""
        return _calls(self._replaced(edit)) > _calls(edit.text)

    def drops_name(self, edit: Edit) -> bool:
        """Return whether an edit takes away the only place where a name of the function is read."""
        gone = Counter(_WORD.findall(self._replaced(edit)))
        gone.subtract(_WORD.findall(edit.text))
        return any(0 < count == self._reads[name] for name, count in gone.items() if name in self._reads)

    @cached_property
    def _reads(self) -> Counter[str]:
        """How often each parameter and local name is read."""
        own = set(_names(self.node))
        names = (node for node in ast.walk(self.node) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
        return Counter(node.id for node in names if node.id in own)

    def _replaced(self, edit: Edit) -> str:
        rows = self.rows[edit.first - 1 : edit.last]
        if not rows:
            return ""
        rows[-1] = rows[-1][: edit.end]
        rows[0] = rows[0][edit.column :]
        return b"\n".join(rows).decode("utf-8", "replace")

    @cached_property
    def _scope(self) -> Scope:
        return Scope(self.node)

    def is_function(self, name: str) -> bool:
        """Return whether the name is called in the function, or is a built-in."""
        return name in _BUILTINS or name in self._called

    @cached_property
    def _called(self) -> frozenset[str]:
        calls = [node.func for node in ast.walk(self.node) if isinstance(node, ast.Call)]
        return frozenset(one.id for one in calls if isinstance(one, ast.Name))

    @cached_property
    def _ordered(self) -> tuple[ast.AST, ...]:
        inside = [node for line in self.node.body for node in ast.walk(line) if hasattr(node, "lineno")]
        chosen = [node for node in inside if self.suspicion(node) > 0 and not self._is_text(node)]
        return tuple(sorted(chosen, key=lambda node: (node.lineno, node.col_offset, -(node.end_lineno or 0))))  # type: ignore[attr-defined]

    def _is_text(self, node: ast.AST) -> bool:
        """Return whether the node is a docstring or inside an f-string, whose positions Python does not report."""
        parent = self.parents.get(node)
        if isinstance(node, ast.Constant) and isinstance(parent, ast.Expr):
            return True
        while parent is not None and not isinstance(parent, ast.stmt):
            if isinstance(parent, ast.JoinedStr):
                return True
            parent = self.parents.get(parent)
        return False

    def _end_of(self, line: int) -> int:
        return len(self.rows[line - 1].rstrip(b"\r"))

    def _is_called(self, node: ast.AST) -> bool:
        parent = self.parents.get(node)
        return isinstance(parent, ast.Call | ast.Subscript) and (
            getattr(parent, "func", None) is node or getattr(parent, "value", None) is node
        )


def _names(function: Defined) -> Iterator[str]:
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    yield from (one.arg for one in given if one is not None)
    stored = [node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    yield from (one.id for one in sorted(stored, key=lambda one: (one.lineno, one.col_offset)))


def _calls(text: str) -> int:
    return sum(name not in _BUILTINS for name in _CALL.findall(text))


def _is_atom(text: str) -> bool:
    try:
        return isinstance(ast.parse(text, mode="eval").body, _ATOMS)
    except SyntaxError:
        return False
