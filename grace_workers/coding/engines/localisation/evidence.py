"""Evidence against a function besides the spectrum: the traceback, and the words of the failing tests."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from grace_workers.coding.functions import MODULE, Function, FunctionIndex
from grace_workers.coding.recording import TestRun

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SHORT = 3

FunctionKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SourceTree:
    """The files of the copy: a reader of their bytes, and an index of their functions."""

    read: Callable[[str], bytes]
    index: Callable[[str], FunctionIndex | None]

    @classmethod
    def of(cls, read: Callable[[str], bytes]) -> "SourceTree":
        """Return the tree that `read` reads. A file that is not Python in UTF-8 has no index, and no suspects."""

        @cache
        def index(file: str) -> FunctionIndex | None:
            try:
                source = read(file)
                source.decode()
                # Python ends a line at a lone carriage return, and hardly anything else does.
                return None if b"\r" in source.replace(b"\r\n", b"") else FunctionIndex(source)
            except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
                return None

        return cls(read, index)


def frames(run: TestRun, tree: SourceTree, sources: frozenset[str]) -> Sequence[FunctionKey]:
    """Return the functions of the code under test in the traceback, innermost first, each once."""
    found: dict[FunctionKey, None] = {}
    for file, line in reversed(run.frames):
        index = tree.index(file) if file in sources else None
        if index is not None:
            found[file, index.at(line).name] = None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a failing test: of the line that fails, of its body, and the parts of its name and its file's."""

    line: frozenset[str]
    body: frozenset[str]
    name: frozenset[str]


def spoken(run: TestRun, tree: SourceTree) -> Words:
    """Return the words of a failing test."""
    file, _, test = run.name.partition("::")
    bare = test.partition("[")[0]
    parts = (*_PART.findall(bare), *_PART.findall(file.rsplit("/", 1)[-1]))
    name = frozenset(part.lower() for part in parts if len(part) >= _SHORT)
    index = tree.index(file)
    if index is None:
        return Words(frozenset(), frozenset(), name)
    lines = tree.read(file).decode("utf-8", "replace").splitlines()
    function = index.named(bare.replace("::", "."))
    body = "\n".join(lines[function.first - 1 : function.last]) if function is not None else ""
    at = next((line for name, line in reversed(run.frames) if name == file), 0)
    line = lines[at - 1] if 0 < at <= len(lines) else ""
    return Words(frozenset(_WORD.findall(line)), frozenset(_WORD.findall(body)), name)


def share_named(function: Function, words: frozenset[str]) -> float:
    """Return the share of the function's name parts, including its class's, that are among `words`."""
    parts = [part.lower() for part in _PART.findall(function.name) if len(part) >= _SHORT]
    return sum(part in words for part in parts) / len(parts) if parts else 0.0


def covers(lines: Mapping[str, Sequence[int]], file: str, function: Function) -> bool:
    """Return whether a run executed a line inside the function; the line of its `def` alone shows nothing."""
    first = function.node.body[0].lineno if function.node is not None else function.first
    return function.name != MODULE and any(first <= line <= function.last for line in lines.get(file, ()))
