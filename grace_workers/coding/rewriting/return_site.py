"""Functions without a return type: what they give back, and where in the text an annotation goes."""

import ast
import io
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from grace_workers.coding.extraction.flow import Flow
from grace_workers.coding.extraction.scope import own_nodes
from grace_workers.coding.functions import Defined, FunctionIndex
from grace_workers.coding.patch import Edit, edited

_COMMENT = "# type:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnSite:
    """A function without a return type, by its number among those of its file.

    `place` is the line and the column, in bytes, before which the type goes. It `listens` if it uses what is sent.
    """

    number: int
    node: Defined
    place: tuple[int, int]
    values: tuple[ast.expr, ...]
    yields: tuple[ast.Yield | ast.YieldFrom, ...]
    falls: bool
    listens: bool
    method: bool

    @property
    def bare(self) -> str:
        """Its name without those of what is around it."""
        return self.node.name

    @property
    def first_parameter(self) -> str:
        """The name of its first parameter; empty if it has none."""
        plain = [*self.node.args.posonlyargs, *self.node.args.args]
        return plain[0].arg if plain else ""


@lru_cache(maxsize=64)
def return_sites(source: str) -> tuple[ReturnSite, ...]:
    """Return the functions of a module that parses and have no return type."""
    colons = dict(_colons(source))
    lines = source.split("\n")
    classes = {one for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef) for one in _names(node)}
    found = []
    for number, one in enumerate(FunctionIndex(source.encode()).all):
        node = one.node
        if node is None or node.returns is not None or node.lineno not in colons:
            continue
        if _COMMENT in "\n".join(lines[node.lineno - 1 : node.body[0].lineno]):
            continue
        found.append(_site(number, node, colons[node.lineno], method=(node.lineno, node.name) in classes))
    return tuple(found)


def instrumented(source: str, sites: Sequence[ReturnSite]) -> str:
    """Return the module with `reveal_type` around every value that a function gives back."""
    edits = []
    for one in sites:
        given = [*one.values, *(each.value for each in one.yields if each.value is not None)]
        for value in given:
            edits.append(Edit(value.lineno, value.col_offset, value.lineno, value.col_offset, "reveal_type(("))
            line, end = value.end_lineno or value.lineno, value.end_col_offset or 0
            edits.append(Edit(line, end, line, end, "))"))
    return edited(source.encode(), edits).decode()


def _names(node: ast.ClassDef) -> Iterator[tuple[int, str]]:
    for one in node.body:
        if isinstance(one, Defined):
            yield one.lineno, one.name


def _site(number: int, node: Defined, place: tuple[int, int], *, method: bool) -> ReturnSite:
    own = list(own_nodes(node.body))
    values = [one.value for one in own if isinstance(one, ast.Return) and one.value is not None]
    yields = tuple(one for one in own if isinstance(one, ast.Yield | ast.YieldFrom))
    alone = {one.value for one in own if isinstance(one, ast.Expr)}
    return ReturnSite(
        number=number,
        node=node,
        place=place,
        values=tuple(sorted(values, key=lambda one: (one.lineno, one.col_offset))),
        yields=yields,
        falls=_falls(node) or any(isinstance(one, ast.Return) and one.value is None for one in own),
        listens=not alone.issuperset(yields),
        method=method,
    )


def _falls(node: Defined) -> bool:
    """Return whether the function may end without a return."""
    flow = Flow(node)
    reached = {flow.entry}
    pending = [flow.entry]
    while pending:
        for one in pending.pop().after:
            if one not in reached:
                reached.add(one)
                pending.append(one)
    return any(flow.leave in one.after and not one.jump for one in reached)


def _colons(source: str) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield, by the line of each `def`, where the colon after its parameters is."""
    lines = source.split("\n")
    depth, begun = 0, 0
    for one in tokenize.generate_tokens(io.StringIO(source).readline):
        if one.type == tokenize.NAME and one.string == "def":
            begun, depth = one.start[0], 0
        elif one.type == tokenize.OP and begun:
            depth += (one.string in "([{") - (one.string in ")]}")
            if one.string == ":" and depth == 0:
                line, column = one.start
                yield begun, (line, len(lines[line - 1][:column].encode()))
                begun = 0
