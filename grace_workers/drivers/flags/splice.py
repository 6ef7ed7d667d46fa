"""Changing one value inside JSON text and leaving every other byte as it is."""

import json
import re
from collections.abc import Iterator, Sequence

from grace_workers.foundation.errors import NotFoundError

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def spliced(text: str, path: Sequence[str], token: str) -> str:
    """Return valid JSON `text` with the value at `path`, a key a level, replaced by the JSON `token`.

    Raises:
        NotFoundError: there is nothing at `path`.
    """
    start, end = _span(text, path)
    return text[:start] + token + text[end:]


def spelling(text: str, path: Sequence[str], key: str) -> str:
    """Return how valid JSON `text` spells `key` in the object at `path`, because one string has many spellings.

    Raises:
        NotFoundError: no such key.
    """
    found = [token for name, token, _, _ in _members(text, _span(text, path)[0]) if name == key]
    if not found:
        raise NotFoundError(f"the text has no key {'.'.join([*path, key])!r}")
    return found[-1]


def _span(text: str, path: Sequence[str]) -> tuple[int, int]:
    start, end = _blank(text, 0), len(text)
    for depth, key in enumerate(path):
        # Of a duplicate key the last one counts, as for every JSON reader.
        spans = [(begin, stop) for name, _, begin, stop in _members(text, start) if name == key]
        if not spans:
            raise NotFoundError(f"the text has no key {'.'.join(path[: depth + 1])!r}")
        start, end = spans[-1]
    return start, end


def _members(text: str, start: int) -> Iterator[tuple[str, str, int, int]]:
    """Yield every member of the object at `start`: key, its spelling, and where its value begins and ends."""
    if text[start] != "{":
        return
    at = _blank(text, start + 1)
    while text[at] != "}":
        key, after = _DECODER.raw_decode(text, at)
        begin = _blank(text, _blank(text, after) + 1)
        _, stop = _DECODER.raw_decode(text, begin)
        yield key, text[at:after], begin, stop
        at = _blank(text, stop)
        if text[at] == ",":
            at = _blank(text, at + 1)


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
