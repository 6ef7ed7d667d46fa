"""Where a block is: its statements, the function and classes around it, and where a new function can go."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grace_workers.coding.extraction.refusal import ExtractionRefused
from grace_workers.coding.extraction.scope import Function

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Spot:
    """Statements of one block. `path` leads from the module to the statement around them, each with its own list."""

    block: tuple[ast.stmt, ...]
    path: tuple[tuple[Sequence[ast.stmt], ast.stmt], ...]

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The classes and functions around the block, outermost first."""
        return tuple(one for _, one in self.path if isinstance(one, Scope))

    @property
    def function(self) -> Function:
        """The innermost function around the block.

        Raises:
            ExtractionRefused: the block is in a class body or in the module.
        """
        inner = self.scopes[-1] if self.scopes else None
        if not isinstance(inner, Function):
            where = "the module" if inner is None else f"the body of class {inner.name}"
            raise ExtractionRefused(f"The lines belong to {where}, not to a function.")
        return inner

    @property
    def owner(self) -> ast.ClassDef | None:
        """The class whose method the function is."""
        above = self.scopes[-2] if self.scopes[1:] else None
        return above if isinstance(above, ast.ClassDef) else None

    @property
    def name(self) -> str:
        """The function's qualified name without `<locals>`."""
        return ".".join(one.name for one in self.scopes)

    def beside(self, *, outside_class: bool) -> tuple[Sequence[ast.stmt], ast.stmt]:
        """Return the list and the statement before which a function beside the target goes."""
        place = next(one for one in reversed(self.path) if isinstance(one[1], Function))
        if not outside_class:
            return place
        scopes = [one for one in self.path if isinstance(one[1], Scope)]
        number = scopes.index(place)
        while number and isinstance(scopes[number - 1][1], ast.ClassDef):
            number -= 1
        return scopes[number]


def first_line(node: ast.stmt) -> int:
    """Return the first line of a statement, including decorators."""
    decorators = node.decorator_list if isinstance(node, Scope) else []
    return min([node.lineno, *(one.lineno for one in decorators)])


def last_line(node: ast.stmt) -> int:
    """Return the last line of a statement."""
    return node.end_lineno or node.lineno


def find_block(tree: ast.Module, lines: Sequence[str], first: int, last: int) -> Spot:
    """Return the block in the lines, both included.

    Raises:
        ExtractionRefused: the lines hold no whole statements of one block.
    """
    path: list[tuple[Sequence[ast.stmt], ast.stmt]] = []
    bodies: list[Sequence[ast.stmt]] = [tree.body]
    while True:
        touched = [(body, hit) for body in bodies if (hit := _hit(body, first, last))]
        if len(touched) != 1:
            raise ExtractionRefused(f"Lines {first} to {last} do not hold whole statements of one block.")
        body, hit = touched[0]
        if first <= first_line(hit[0]) and last_line(hit[-1]) <= last:
            _whole_lines(lines, hit, first, last)
            return Spot(tuple(hit), tuple(path))
        if hit[1:]:
            raise ExtractionRefused(f"Lines {first} to {last} cut a statement in two.")
        path.append((body, hit[0]))
        bodies = list(bodies_of(hit[0]))


def bodies_of(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the statement lists directly below a statement."""
    for name in ("body", "orelse", "finalbody"):
        yield getattr(node, name, [])
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body


def _hit(body: Sequence[ast.stmt], first: int, last: int) -> list[ast.stmt]:
    return [one for one in body if first_line(one) <= last and last_line(one) >= first]


def _whole_lines(lines: Sequence[str], block: Sequence[ast.stmt], first: int, last: int) -> None:
    covered = {line for one in block for line in range(first_line(one), last_line(one) + 1)}
    rest = [lines[line - 1].strip() for line in range(first, min(last, len(lines)) + 1) if line not in covered]
    if any(text and not text.startswith("#") for text in rest):
        raise ExtractionRefused(f"Lines {first} to {last} hold a part of a statement.")
    head, tail = block[0], block[-1]
    before = lines[first_line(head) - 1].encode()[: head.col_offset]
    after = lines[last_line(tail) - 1].encode()[tail.end_col_offset or 0 :].strip()
    if before.strip() or (after and not after.startswith(b"#")):
        raise ExtractionRefused("The block shares a line with another statement.")
    if isinstance(head, ast.If) and lines[head.lineno - 1].lstrip().startswith("elif"):
        raise ExtractionRefused("The lines begin with an elif, which is a part of its if statement.")
