"""Which function a line belongs to: an index of a file by its syntax tree."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MODULE = "<module>"
Defined = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Function:
    """A function, or a class's or module's own statements, by its qualified name without `<locals>`."""

    name: str
    first: int
    last: int
    node: Defined | None

    @property
    def bare(self) -> str:
        """The last part of the name."""
        return self.name.rsplit(".", 1)[-1]


class FunctionIndex:
    """The functions of one file."""

    def __init__(self, source: bytes) -> None:
        tree = ast.parse(source)
        last = source.count(b"\n") + 1
        self.all: tuple[Function, ...] = (Function(MODULE, 1, last, None), *_found(tree.body, ""))
        self._of: dict[int, Function] = {}
        for one in self.all:
            self._of.update(dict.fromkeys(range(one.first, one.last + 1), one))

    def at(self, line: int) -> Function:
        """Return the innermost function, class or module that the line belongs to."""
        return self._of.get(line, self.all[0])

    def named(self, name: str) -> Function | None:
        """Return the function of that qualified name; the last one if there are several."""
        return next((one for one in reversed(self.all) if one.name == name), None)


def _found(body: Sequence[ast.stmt], above: str) -> Iterator[Function]:
    for node in body:
        if isinstance(node, ast.ClassDef | Defined):
            name = f"{above}{node.name}"
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            yield Function(name, first, node.end_lineno or first, node if isinstance(node, Defined) else None)
            yield from _found(node.body, f"{name}.")
        else:
            yield from _found([one for one in ast.iter_child_nodes(node) if isinstance(one, ast.stmt)], above)
            for handler in getattr(node, "handlers", []):
                yield from _found(handler.body, above)
