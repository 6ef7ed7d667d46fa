"""A text that the hunter examines."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import PurePath

_PROSE = frozenset({".md", ".rst", ".txt", ".prompt"})
_DECLARED = frozenset({".yaml", ".yml", ".toml", ".json", ".ini", ".cfg"})
_LINES = re.compile(r"\r\n|\n|\r")


class TextKind(StrEnum):
    """The kind of a text, which decides the rules for it."""

    PYTHON = "python"
    DECLARED = "declared"
    PROSE = "prose"
    OTHER = "other"

    @classmethod
    def of(cls, name: str) -> "TextKind":
        """Return the kind of a file by its name."""
        suffix = PurePath(name).suffix.lower()
        if suffix in {".py", ".pyi"}:
            return cls.PYTHON
        if suffix in _DECLARED:
            return cls.DECLARED
        return cls.PROSE if suffix in _PROSE else cls.OTHER


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """A text with the name that findings use for it. `first_line` is the line of its file in which it begins."""

    name: str
    text: str = field(repr=False)
    kind: TextKind
    first_line: int = 1

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree of Python, None for any other text."""
        if self.kind is not TextKind.PYTHON:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield each line with its number, separated as editors and parsers do."""
        yield from enumerate(_LINES.split(self.text), self.first_line)

    def nodes(self) -> Iterator[ast.AST]:
        """Yield every node of the syntax tree."""
        if self.tree is not None:
            yield from ast.walk(self.tree)
