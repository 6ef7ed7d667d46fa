"""From a line to its key: each word on its own, values masked. Rules that look at neighbours are in `shape`.

Words repeat, so each is masked once and cached; a line costs a split, a lookup for each word and a join.
"""

import re
from functools import lru_cache

MASK = "\ue000"
"""Stands for a value inside keys and shapes: a private-use character, which people see as `<*>`."""

LONGEST_LINE = 2_000
_REMEMBERED, _LONGEST_REMEMBERED, _LONGEST_WORD = 32_768, 64, 256

# A word may hold several values, such as `flags=0x1,` or `(uid=0)`; the parts between these are masked one by one.
_PARTS = re.compile(r"([=,;()\[\]{}<>\"'|]+)")
_WRAPPED = re.compile(r"([({<\"']*)(.*?)([)}>\"',.;!?]*)", re.DOTALL)
_KEYED = re.compile(r"([A-Za-z_][A-Za-z_.\-]*:+)(?![/\\])(.+)", re.DOTALL)
_PATH = re.compile(r"(?:[A-Za-z]:)?[/\\]+[^\s/\\].*|[A-Za-z][\w.+-]*://.+|~/.+", re.DOTALL)
_SOCKET = re.compile(
    r"[\w-]+(?:\.[\w-]+)+:[0-9]+.*|\[?[0-9a-fA-F]{0,4}:[0-9a-fA-F:.]*:[0-9a-fA-F.]*\]?(?::[0-9]+)?", re.DOTALL
)
_QUALIFIED = re.compile(r"[a-z][\w$-]*(?:\.[\w$-]+){2,}")
_FAULT = re.compile(r"(?:Exception|Error|Warning|Failure|Timeout)\Z")
_ENDING = ".,:;!?"
_DIGIT = re.compile(r"[0-9]")
_HEX = re.compile(r"[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){3,}|[a-fA-F]{8,}")


def key_of(line: str) -> str:
    """Return the line with each word's values masked, words separated by one space. A long line is cut first."""
    return " ".join(
        [
            _remembered(word) if len(word) < _LONGEST_REMEMBERED else _masked(word)
            for word in line[:LONGEST_LINE].split()
        ]
    )


@lru_cache(maxsize=_REMEMBERED)
def _remembered(word: str) -> str:
    return _masked(word)


def _masked(word: str) -> str:
    word = word[:_LONGEST_WORD]
    if word.isalpha():
        return MASK if _HEX.fullmatch(word) else word
    wrapped = _WRAPPED.fullmatch(word)
    if wrapped and (_PATH.fullmatch(wrapped[2]) or _SOCKET.fullmatch(wrapped[2])):
        return wrapped[1] + MASK + wrapped[3]
    parts = _PARTS.split(word)
    parts[::2] = [_part(part) if part else part for part in parts[::2]]
    return "".join(parts)


def _part(part: str) -> str:
    if part.isalpha():
        return part
    bare = part.rstrip(_ENDING)
    ending = part[len(bare) :]
    keyed = _KEYED.fullmatch(bare)
    if keyed and not _SOCKET.fullmatch(bare):
        return keyed[1] + _value(keyed[2]) + ending
    return _value(bare) + ending


def _value(text: str) -> str:
    if _DIGIT.search(text) or _PATH.fullmatch(text) or _HEX.fullmatch(text) or "@" in text[1:-1]:
        return MASK
    if _QUALIFIED.fullmatch(text) and not _FAULT.search(text):
        return MASK
    return text
