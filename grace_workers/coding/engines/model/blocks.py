"""Edits as a model writes them: blocks of a text to search in a file, and the text that replaces it.

Every word of an answer is untrusted. A block applies only where its search text stands exactly once, in a file that was
offered, and the result must be Python.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_SEARCH, _MIDDLE, _REPLACE = (re.compile(rf"{mark}\s*") for mark in ("<{7} SEARCH", "={7}", ">{7} REPLACE"))
_MOST_BLOCKS, _LONGEST = 20, 20_000
FORM = """path/of/the/file.py
<<<<<<< SEARCH
lines of the file, exactly as they are
=======
the lines that replace them
>>>>>>> REPLACE"""


@dataclass(frozen=True, slots=True)
class Block:
    """One edit: the file, and the two texts."""

    file: str
    search: str
    replace: str


class UnusableError(ValueError):
    """An answer that cannot be used; the message says why, in words for the model and for people."""


def edited_by(answer: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that an answer changes, with their new content.

    Raises:
        UnusableError: there is no block, or one does not apply.
    """
    blocks = list(_blocks(answer))
    if not blocks:
        raise UnusableError("the answer holds no block of the form that was asked for")
    if len(blocks) > _MOST_BLOCKS or sum(len(one.replace) for one in blocks) > _LONGEST:
        raise UnusableError(f"the answer changes too much: at most {_MOST_BLOCKS} blocks of {_LONGEST} characters")
    made: dict[str, bytes] = {}
    for block in blocks:
        if block.file not in files:
            raise UnusableError(f"{block.file[:100]!r} is not among the files that may be edited")
        made[block.file] = _applied(block, made.get(block.file, files[block.file]))
    changed = {name: content for name, content in made.items() if content != files[name]}
    if not changed:
        raise UnusableError("the answer changes nothing")
    for name, content in changed.items():
        _parse(name, content)
    return changed


def _blocks(answer: str) -> Iterator[Block]:
    """Yield every complete block; the file's name is the last line with text before it, or that of the last block."""
    file, lines = "", iter(answer.replace("\r\n", "\n").split("\n"))
    for line in lines:
        if not _SEARCH.fullmatch(line):
            # A fence around a block is no name.
            bare = line.strip().strip("`*# ").removesuffix(":")
            file = bare if bare and not line.startswith("```") else file
            continue
        search = list(_until(lines, _MIDDLE))
        yield Block(file, "\n".join(search), "\n".join(_until(lines, _REPLACE)))


def _until(lines: Iterator[str], end: re.Pattern[str]) -> Iterator[str]:
    for line in lines:
        if end.fullmatch(line):
            return
        yield line
    raise UnusableError("a block is not complete")


def _applied(block: Block, content: bytes) -> bytes:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise UnusableError(f"{block.file} is not UTF-8, so it stays as it is") from error
    ending = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    search, replace = (f"{one}\n" if one else "" for one in (block.search, block.replace))
    if not search.strip():
        raise UnusableError(f"a block for {block.file} searches nothing; name the lines that it replaces")
    found = _places(plain if plain.endswith("\n") else f"{plain}\n", search)
    if len(found) != 1:
        first = search.strip().splitlines()[0][:80]
        raise UnusableError(f"the lines that begin with {first!r} stand {len(found)} times in {block.file}, not once")
    made = plain[: found[0]] + replace + plain[found[0] + len(search) :]
    return made.replace("\n", ending).encode()


def _places(text: str, search: str) -> list[int]:
    """Return where the search text stands as whole lines."""
    found, at = [], text.find(search)
    while at >= 0:
        if at == 0 or text[at - 1] == "\n":
            found.append(at)
        at = text.find(search, at + 1)
    return found


def _parse(name: str, content: bytes) -> None:
    try:
        ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = f" at line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise UnusableError(f"with the answer, {name} is no Python{at}") from error
