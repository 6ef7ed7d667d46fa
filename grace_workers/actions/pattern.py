"""Glob patterns for paths below a root: which are acceptable, and what they match. Touches no file."""

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import lru_cache

from grace_workers.foundation.errors import InputError

_LONGEST = 512


def accepted(pattern: str) -> str:
    """Return `pattern` unchanged if it stays below a root.

    Raises:
        InputError: it is empty, too long, absolute, or contains `..`, an empty part or a control character.
    """
    shown = repr(pattern[:80])
    if not pattern or len(pattern) > _LONGEST:
        raise InputError(f"pattern {shown} has {len(pattern)} characters; use 1 to {_LONGEST}")
    if any(ord(character) < ord(" ") or ord(character) == 0x7F for character in pattern):  # noqa: PLR2004 - DEL
        raise InputError(f"pattern {shown} contains a control character; use printable ones only")
    if pattern.startswith("/"):
        raise InputError(f"pattern {shown} is absolute; write it relative to the tree's root")
    if any(part in {"", ".", ".."} for part in pattern.split("/")):
        raise InputError(f"pattern {shown} contains an empty part, '.' or '..'; write a plain path below the root")
    return pattern


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a predicate that says whether a relative path matches one of `patterns`.

    `*`, `?` and `[...]` stay within one part of the path; `**` matches any number of directories, including none.

    Raises:
        InputError: a pattern is not acceptable.
    """
    globs = [tuple(accepted(pattern).split("/")) for pattern in patterns]
    return lambda path: any(_matches(glob, path.split("/")) for glob in globs)


def _matches(glob: tuple[str, ...], parts: Sequence[str]) -> bool:
    """Advance all positions of the glob in parallel, so that no pattern takes more than parts x positions."""
    positions = _past_stars(glob, {0})
    for part in parts:
        following = set()
        for position in positions:
            if position == len(glob):
                continue
            if glob[position] == "**":
                following.add(position)
            elif _part(glob[position]).match(part):
                following.add(position + 1)
        positions = _past_stars(glob, following)
    return len(glob) in positions


def _past_stars(glob: tuple[str, ...], positions: set[int]) -> set[int]:
    reached = set(positions)
    for position in positions:
        following = position
        while following < len(glob) and glob[following] == "**":
            following += 1
            reached.add(following)
    return reached


@lru_cache(maxsize=1024)
def _part(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))
