"""What a repair of types is: a kind of error that mypy reports, and what to write so that it is gone."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from grace_workers.coding.patch import Edit
from grace_workers.coding.rewriting.typed_module import TypedModule
from grace_workers.coding.type_check import TypeMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeProposal:
    """A text to write in place of a range, usually an empty one.

    If it is `typed`, a type stands between `before` and `after`: the union of the types of `values` and `None`, if it
    is `optional`, or else Any. A type that Python evaluates is quoted unless its names are built in. `needs` are
    further names that only type checkers import, each with its module.
    """

    line: int
    column: int
    before: str
    after: str = ""
    typed: bool = False
    values: tuple[ast.expr, ...] = ()
    optional: bool = False
    evaluated: bool = False
    last: int = 0
    end: int = 0
    needs: Mapping[str, str] = field(default_factory=dict)

    def edit(self, text: str = "") -> Edit:
        """Return the edit, with `text` for the type."""
        last, end = (self.last, self.end) if self.last else (self.line, self.column)
        return Edit(self.line, self.column, last, end, f"{self.before}{text}{self.after}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRepair:
    """A kind of error, by mypy's codes, and what to write about one. Only what is written changes, never what runs.

    `example` is a module with the error, its line and text, and the module afterwards, where values are of type int.
    """

    name: str
    about: str
    codes: frozenset[str]
    propose: Callable[[TypeMessage, TypedModule], Iterator[TypeProposal]]
    example: tuple[str, int, str, str]
    asked: bool = False
    """Whether it is made only on request, because the repository's settings of mypy may say otherwise."""
