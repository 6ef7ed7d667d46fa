r"""Making foreign text safe for a terminal and for a log: what would act there is shown instead.

Control characters (C0, DEL, C1, so every escape sequence and link), bidirectional overrides and isolates, characters
without width, line and paragraph separators, and lone surrogates become `\x1b`, `\u202e` and so on. Colours come from
Rich styles around a text and never from markup in it.
"""

import json
import re
from typing import Any

# These count as letters or marks, but are invisible.
_UNSEEN = frozenset(
    [
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE0E),
        *range(0xE0100, 0xE01F0),
    ]
)
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_PLAIN = re.compile(r"[ -~]*+")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BEFORE_NEXT = "    "
_LAST_OF_TWO, _LAST_OF_FOUR = 0xFF, 0xFFFF


def one_line(text: object) -> str:
    """Return `text` as one line, in which no character acts."""
    found = str(text)
    if _PLAIN.fullmatch(found):
        return found
    found = _SPACES.sub(" ", found)
    return "".join(char if _shows(char) else _escaped(char) for char in found)


def lines(text: object, *, margin: str = _BEFORE_NEXT) -> str:
    """Return `text` with its own lines; those after the first are indented, so that none can pass for one of ours."""
    return f"\n{margin}".join(one_line(line.removesuffix("\r")) for line in str(text).split("\n"))


def json_text(value: Any, *, indent: int | None = None) -> str:
    """Return `value` as JSON of printable ASCII characters."""
    # The encoder escapes all but this one.
    return json.dumps(value, indent=indent, default=str).replace("\x7f", "\\u007f")


def _shows(char: str) -> bool:
    return char.isprintable() and ord(char) not in _UNSEEN


def _escaped(char: str) -> str:
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if code <= _LAST_OF_TWO:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _LAST_OF_FOUR else f"\\U{code:08x}"
