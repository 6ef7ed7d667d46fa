"""Changing one value inside JSON text and leaving every other byte as it is."""

import json
import re
from collections.abc import Iterator, Sequence

from grace_workers.foundation.errors import NotFoundError

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def spliced(text: str, path: Sequence[str], value: str) -> str:
    """Return valid JSON `text` with the string at `path`, a key a level, replaced by `value`.

    Raises:
        NotFoundError: there is nothing at `path`.
    """
    start, end = _blank(text, 0), len(text)
    for depth, key in enumerate(path):
        # Of a doubled key the last one counts, as for every JSON reader.
        spans = [(begin, stop) for name, begin, stop in _members(text, start) if name == key]
        if not spans:
            raise NotFoundError(f"there is no {'.'.join(path[: depth + 1])!r}")
        start, end = spans[-1]
    return text[:start] + json.dumps(value, ensure_ascii=False) + text[end:]


def _members(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Yield key, start and end of the value of every member of the object at `start`; none when it is no object."""
    if text[start] != "{":
        return
    at = _blank(text, start + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        begin = _blank(text, _blank(text, at) + 1)
        _, stop = _DECODER.raw_decode(text, begin)
        yield key, begin, stop
        at = _blank(text, stop)
        if text[at] == ",":
            at = _blank(text, at + 1)


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
