"""Patterns of cache keys: a text in which `*` stands for any characters. Touches no server."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_MOST_STARS = 3


def _few_stars(pattern: str) -> str:
    # Each star multiplies the steps that a server's matcher may take on a long key.
    if pattern.count("*") > _MOST_STARS:
        raise ValueError(f"a pattern of keys has at most {_MOST_STARS} stars")
    return pattern


KeyPattern = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(_few_stars),
]


def covers(pattern: str, key: str) -> bool:
    """Return whether the pattern matches the whole key. Every character except `*` matches itself."""
    first, *others = pattern.split("*")
    if not others:
        return key == pattern
    last = others.pop()
    if len(key) < len(first) + len(last) or not key.startswith(first) or not key.endswith(last):
        return False
    position, end = len(first), len(key) - len(last)
    for part in others:
        found = key.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True
