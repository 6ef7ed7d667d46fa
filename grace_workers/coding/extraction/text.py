"""The text of a module by lines: moved lines keep their bytes and comments, all others stay untouched."""

import ast
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from grace_workers.coding.extraction.refusal import ExtractionRefused
from grace_workers.coding.reason import ReasonCode


@dataclass(frozen=True, slots=True)
class ModuleText:
    """A module that parses, its lines without their line ends, and its line end."""

    tree: ast.Module
    lines: tuple[str, ...]
    ending: str

    @classmethod
    def read(cls, source: str) -> "ModuleText":
        """Return the module.

        Raises:
            ExtractionRefused: it does not parse, or would not be written back unchanged.
        """
        ending = "\r\n" if "\r\n" in source else "\n"
        plain = source.replace("\r\n", "\n") if ending == "\r\n" else source
        if "\r" in plain or "\f" in plain or plain.replace("\n", ending) != source:
            raise ExtractionRefused("The file mixes line endings or holds form feeds.", ReasonCode.UNREADABLE)
        try:
            tree = ast.parse(plain)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ExtractionRefused(f"The file does not parse: {error}.", ReasonCode.UNREADABLE) from error
        return cls(tree, tuple(plain.split("\n")), ending)

    def joined(self, lines: Sequence[str]) -> str:
        """Return lines as the text of this module.

        Raises:
            ExtractionRefused: they do not compile.
        """
        text = "\n".join(lines)
        try:
            compile(text, "<extracted>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            raise ExtractionRefused(f"The result would not compile: {error}.") from error
        return text.replace("\n", self.ending)

    def slice(self, first: int, column: int, last: int, end: int) -> str:
        """Return the text between two places; lines count from 1, columns in bytes from 0."""
        rows = [line.encode() for line in self.lines[first - 1 : last]]
        rows[-1] = rows[-1][:end]
        rows[0] = rows[0][column:]
        return b"\n".join(rows).decode()

    def indent(self, line: int) -> str:
        """Return the white space at the beginning of a line."""
        text = self.lines[line - 1]
        return text[: len(text) - len(text.lstrip())]


def names_in(tree: ast.AST) -> set[str]:
    """Return every identifier of a tree, and its strings, because `getattr` and `__all__` refer to names by strings."""
    found: set[str] = set()
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname", "rest"):
            word = getattr(node, field, None)
            if isinstance(word, str):
                found.update(word.split("."))
        if isinstance(node, ast.Global | ast.Nonlocal):
            found.update(node.names)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 100:  # noqa: PLR2004
            found.add(node.value)
    return found


def global_names_in(tree: ast.AST) -> set[str]:
    """Return the names that a new function of the module could collide with: all but attributes and methods."""
    found: set[str] = set()
    methods = {one for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for one in node.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.keyword) or node in methods:
            continue
        words = [getattr(node, field, None) for field in ("id", "arg", "name", "asname", "rest")]
        found.update(word.partition(".")[0] for word in words if isinstance(word, str))
        if isinstance(node, ast.Global | ast.Nonlocal):
            found.update(node.names)
    return found | _exported(tree)


def _exported(tree: ast.AST) -> set[str]:
    """Return the strings of the statements that name `__all__`."""
    listing = [
        one for one in ast.iter_child_nodes(tree)
        if any(isinstance(node, ast.Name) and node.id == "__all__" for node in ast.walk(one))
    ]  # fmt: skip
    every = [node.value for one in listing for node in ast.walk(one) if isinstance(node, ast.Constant)]
    return {one for one in every if isinstance(one, str)}


def free_name(wish: str, taken: Collection[str]) -> str:
    """Return `wish`, with a number if it is taken."""
    return next(name for number in range(1, 1000) if (name := wish if number == 1 else f"{wish}_{number}") not in taken)


def inside_strings(nodes: Iterable[ast.AST]) -> set[int]:
    """Return the lines that begin inside a string, which keep their leading white space."""
    found: set[int] = set()
    for top in nodes:
        for node in ast.walk(top):
            if isinstance(node, ast.Constant | ast.JoinedStr):
                found.update(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
    return found


def indented(lines: Sequence[str], first: int, old: str, new: str, kept: Collection[int]) -> list[str]:
    """Return the lines, numbered from `first`, with the indent `old` replaced by `new`, except those in `kept`."""
    found: list[str] = []
    for number, line in enumerate(lines, first):
        if number in kept or not line.strip():
            found.append(line)
        elif line.startswith(old):
            found.append(new + line[len(old) :])
        else:
            found.append(new + line.lstrip() if line.lstrip().startswith("#") else line)
    return found
