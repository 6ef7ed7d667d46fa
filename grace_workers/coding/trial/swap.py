"""Replacing an imported function by a changed one, without importing anything again."""

import ast
import gc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType

Edit = tuple[int, int, int, int, str]
"""First line, column, last line, column (bytes, lines from 1), and the replacement text."""

Prepared = list[tuple[FunctionType, CodeType]]

_FUTURE = 0x1FF0000
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class UnfitError(Exception):
    """The changed text does not compile, or its function cannot replace the old one."""


@dataclass(frozen=True)
class _Segment:
    """The lines of one outermost function; `above` are the classes around it, and `shift` is its first line."""

    above: list[bytes]
    lines: list[bytes]
    shift: int
    names: tuple[str, ...]


class Swap:
    """Knows every loaded function below `root`, and can give each other code."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._alive: dict[tuple[str, str], list[FunctionType]] = defaultdict(list)
        self._segments: dict[tuple[str, str], _Segment] = {}
        for one in gc.get_objects():
            if type(one) is FunctionType and one.__code__.co_filename.startswith(str(root)):
                name = Path(one.__code__.co_filename).relative_to(root).as_posix()
                self._alive[name, _plain(one.__code__)].append(one)

    def alive(self, file: str, function: str) -> list[FunctionType]:
        """Return the loaded functions of that name."""
        return self._alive.get((file, function), [])

    def outermost(self, file: str, function: str) -> list[FunctionType]:
        """Return the loaded functions of that name, or of the innermost loaded function around it."""
        while function and not self.alive(file, function):
            function = function.rpartition(".")[0]
        return self.alive(file, function)

    def prepared(self, file: str, function: str, edits: Sequence[Edit]) -> "Prepared":
        """Return every loaded function in the segment of `function` with the code that `edits` make of it.

        Raises:
            UnfitError: it does not compile, or no loaded function can take it.
        """
        segment = self._segment(file, function)
        lines = range(segment.shift, segment.shift + len(segment.lines))
        if any(first not in lines or last not in lines for first, _, last, _, _ in edits):
            raise UnfitError("an edit is outside the function")
        text = b"\n".join([*segment.above, *edited(segment.lines, edits, segment.shift)])
        outer = ".".join(segment.names)
        flags = next((one.__code__.co_flags & _FUTURE for one in self.alive(file, outer)), 0)
        try:
            code = compile(text, str(self._root / file), "exec", flags, dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            raise UnfitError(str(error)) from error
        pairs = [
            (one, inner)
            for inner in _codes(code)
            if _plain(inner).count(".") >= len(segment.names) - 1
            for one in self.alive(file, _plain(inner))
        ]
        if not pairs or any(inner.co_freevars != one.__code__.co_freevars for one, inner in pairs):
            raise UnfitError(f"no living function can take the code of {outer}")
        return pairs

    def _segment(self, file: str, function: str) -> _Segment:
        if (file, function) not in self._segments:
            self._segments[file, function] = _cut((self._root / file).read_bytes(), tuple(function.split(".")))
        return self._segments[file, function]


def put(prepared: Prepared) -> None:
    """Give each function its new code, in this process."""
    for one, code in prepared:
        one.__code__ = code


def edited(lines: Sequence[bytes], edits: Sequence[Edit], shift: int = 1) -> list[bytes]:
    """Return `lines`, whose first has the number `shift`, with every edit made, the last first."""
    made = list(lines)
    for first, column, last, end, text in sorted(edits, reverse=True):
        start, stop = first - shift, last - shift
        whole = made[start][:column] + text.encode() + made[stop][end:]
        made[start : stop + 1] = whole.split(b"\n")
    return made


def _cut(source: bytes, names: tuple[str, ...]) -> _Segment:
    body: Sequence[ast.stmt] = ast.parse(source).body
    lines = source.replace(b"\r\n", b"\n").split(b"\n")
    above: list[bytes] = []
    for depth, name in enumerate(names):
        found = _named(body, name)
        if found is None:
            break
        if isinstance(found, _FUNCTIONS):
            first = min([found.lineno, *(one.lineno for one in found.decorator_list)])
            own = lines[first - 1 : found.end_lineno]
            return _Segment(above, own, first, names[: depth + 1])
        above.append(b" " * found.col_offset + b"class " + name.encode() + b":")
        body = found.body
    raise UnfitError(f"no function {'.'.join(names)} is written there")


def _named(body: Sequence[ast.stmt], name: str) -> ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | None:
    found = None
    for node in body:
        if isinstance(node, (ast.ClassDef, *_FUNCTIONS)) and node.name == name:
            found = node
        elif isinstance(node, ast.If | ast.Try | ast.With):
            found = _named(_inner(node), name) or found
    return found


def _inner(node: ast.If | ast.Try | ast.With) -> list[ast.stmt]:
    bodies = [node.body, getattr(node, "orelse", []), *(one.body for one in getattr(node, "handlers", []))]
    return [line for body in bodies for line in body]


def _codes(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _codes(one)


def _plain(code: CodeType) -> str:
    return code.co_qualname.replace(".<locals>", "")
