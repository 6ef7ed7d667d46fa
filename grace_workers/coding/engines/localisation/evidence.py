"""Evidence against a function besides the spectrum: the traceback, and the words of the failing tests."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from grace_workers.coding.functions import MODULE, Function, FunctionIndex
from grace_workers.coding.recording import Recording, TestRun

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


def spoken(recording: Recording, tree: SourceTree) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the words of the failing tests: of the failing line, the body, the test's name and the file's name."""
    line_words: set[str] = set()
    body_words: set[str] = set()
    name_words: set[str] = set()
    for run in recording.failing[:50]:
        file, _, test = run.name.partition("::")
        name_words.update(part.lower() for part in _PART.findall(test.partition("[")[0]) if len(part) >= _SHORT)
        name_words.update(part.lower() for part in _PART.findall(file.rsplit("/", 1)[-1]) if len(part) >= _SHORT)
        index = tree.index(file)
        if index is None:
            continue
        lines = tree.read(file).decode("utf-8", "replace").splitlines()
        function = index.named(test.partition("[")[0].replace("::", "."))
        if function is not None:
            body_words.update(_WORD.findall("\n".join(lines[function.first - 1 : function.last])))
        at = next((line for name, line in reversed(run.frames) if name == file), 0)
        line_words.update(_WORD.findall(lines[at - 1]) if 0 < at <= len(lines) else ())
    return frozenset(line_words), frozenset(body_words), frozenset(name_words)


def share_named(function: Function, words: frozenset[str]) -> float:
    """Return the share of the function's name parts, including its class's, that are among `words`."""
    parts = [part.lower() for part in _PART.findall(function.name) if len(part) >= _SHORT]
    return sum(part in words for part in parts) / len(parts) if parts else 0.0


def covers(lines: Mapping[str, Sequence[int]], file: str, function: Function) -> bool:
    """Return whether a run executed a line inside the function; the line of its `def` alone shows nothing."""
    first = function.node.body[0].lineno if function.node is not None else function.first
    return function.name != MODULE and any(first <= line <= function.last for line in lines.get(file, ()))
