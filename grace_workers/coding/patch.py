"""A change of code as text: edits at places in a file, and the resulting diff."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

_CONTEXT = 3


class Edit(NamedTuple):
    """A range of text, and its replacement. Lines count from 1, columns in bytes from 0."""

    first: int
    column: int
    last: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """Edits of one function of one file."""

    file: str
    function: str
    edits: tuple[Edit, ...]


def edited(source: bytes, edits: Sequence[Edit]) -> bytes:
    """Return `source` with every edit made. Edits do not overlap; new lines end as the first line of `source` does."""
    lines = source.split(b"\n")
    ending = b"\r\n" if lines[0].endswith(b"\r") else b"\n"
    for first, column, last, end, text in sorted(edits, reverse=True):
        new = text.encode().replace(b"\n", ending)
        whole = lines[first - 1][:column] + new + lines[last - 1][end:]
        lines[first - 1 : last] = whole.split(b"\n")
    return b"\n".join(lines)


def diff_of(file: str, before: bytes, after: bytes) -> str:
    """Return the unified diff in Git's format; empty when nothing changes."""
    if before == after:
        return ""
    old, new = _lines(before), _lines(after)
    hunks = SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT)
    body = "".join(line for hunk in hunks for line in _hunk(hunk, old, new))
    return f"diff --git a/{file} b/{file}\n--- a/{file}\n+++ b/{file}\n{body}"


def diff_of_new(file: str, content: bytes) -> str:
    """Return the unified diff that adds a file."""
    return diff_of(file, b"", content).replace(f"--- a/{file}\n", "new file mode 100644\n--- /dev/null\n", 1)


def _hunk(opcodes: list[tuple[str, int, int, int, int]], old: list[str], new: list[str]) -> Iterator[str]:
    first, last = opcodes[0], opcodes[-1]
    yield f"@@ -{_span(first[1], last[2])} +{_span(first[3], last[4])} @@\n"
    for tag, i1, i2, j1, j2 in opcodes:
        if tag == "equal":
            yield from (_row(" ", line) for line in old[i1:i2])
        else:
            yield from (_row("-", line) for line in old[i1:i2])
            yield from (_row("+", line) for line in new[j1:j2])


def _span(start: int, stop: int) -> str:
    length = stop - start
    return f"{start if length == 0 else start + 1},{length}"


def _row(mark: str, line: str) -> str:
    return f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _lines(source: bytes) -> list[str]:
    return [line + "\n" for line in source.decode().split("\n")[:-1]] + [
        line for line in [source.decode().split("\n")[-1]] if line
    ]
