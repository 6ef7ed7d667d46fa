"""Removing secrets from texts and documents before they are stored, logged or published. The only redactor.

Its time is proportional to the length of the text, whatever the text is.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from grace_workers.foundation.secret_assignments import without_assignments
from grace_workers.foundation.secret_names import is_harmless, may_be_a_number, names_a_secret
from grace_workers.foundation.secret_shapes import SEAM, STARS, decoded_runs, is_pair, without_shapes

if TYPE_CHECKING:
    from grace_workers.foundation.document import JsonValue

LONGEST = 500
_LOOKED_AT = 20
_DEEPEST = 40
_ESCAPED = re.compile(
    r"(?<!\\)\\++(?:u00|x)(?P<hex>3[0-9ad]|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])"
    r"|%(?P<percent>3[0-9]|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])"
    r"|&#(?:x(?P<entity>3[0-9]|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])|(?P<decimal>4[89]|5[0-7]|6[5-9]|[7-8][0-9]|90|9[7-9]|1[01][0-9]|12[0-2]));",
    re.IGNORECASE,
)
# By every rule, a text that matches these holds no secret: words too short for a token or for base64 with nothing
# beside them, ids behind one of our own words, and times and numbers, whose letters are too few for either.
_PLAIN = re.compile(
    r"[a-z_]{1,11}(?:\.[a-z_]{1,11})*"
    r"|(?:(?:incident|job|plan|event|signal|instance):)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|[0-9:.,+ -]{1,40}T?[0-9:.,+ -]{0,40}Z?"
)
# Texts in which the rules found nothing, because each is read several times on its way through the stores. A text with
# a secret is never kept here.
_CLEAN: set[str] = set()
# Names that hold no secret, and have none beside them.
_NAMES: set[str] = set()
_MOST_CLEAN = 4096
_LONGEST_CLEAN = 1000
_SPELLING = frozenset({"name", "key", "Key"})
# Full-width letters are read as plain ones, and zero-width characters are ignored.
_FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    (0xAD, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF)
)


def starred(text: str) -> str:
    """Return `text` with every secret in it replaced by stars, whatever its length."""
    if text in _CLEAN or _PLAIN.fullmatch(text):
        return text
    found = _read(text)
    if found == text:
        _remember(text, _CLEAN)
    return found


def _remember(text: str, known: set[str]) -> None:
    if len(text) > _LONGEST_CLEAN:
        return
    if len(known) >= _MOST_CLEAN:
        known.clear()
    known.add(text)


def _read(text: str) -> str:
    folded = _folded(text)
    if folded != text:
        found = _starred(folded)
        if found != folded:
            return found
    return _starred(text)


def redacted(text: str) -> str:
    """Return `text` with every secret in it replaced by stars, without NUL bytes, cut to 500 characters."""
    text = starred(text[: _LOOKED_AT * LONGEST].replace("\x00", ""))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


@overload
def without_secrets(value: "Mapping[str, JsonValue]") -> "dict[str, JsonValue]": ...
@overload
def without_secrets(value: list[str]) -> list[str]: ...
@overload
def without_secrets(value: "list[JsonValue]") -> "list[JsonValue]": ...
@overload
def without_secrets(value: "JsonValue") -> "JsonValue": ...
def without_secrets(value: Any) -> Any:
    """Return a JSON value with every secret in it replaced by stars: by the name beside it, and in every text.

    Consecutive texts of a list are read as one, because they may be the lines of a log or the words of a command.
    """
    return _cleaned(value, 0)


def _cleaned(value: Any, depth: int) -> Any:
    match value:
        case str():
            return starred(value)
        case Mapping() | list() | tuple() if depth >= _DEEPEST:
            return STARS
        case Mapping():
            return _mapping(value, depth + 1)
        case list() | tuple() if len(value) > 1 and all(isinstance(item, str) for item in value):
            return _lines(value)
        case list() | tuple():
            return [_cleaned(item, depth + 1) for item in value]
        case _:
            return value


def _mapping(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    # As Kubernetes writes an environment: {"name": "DB_PASSWORD", "value": "…"}.
    spelled = not _SPELLING.isdisjoint(value) and any(
        isinstance(said := value.get(key), str) and names_a_secret(said) for key in _SPELLING
    )
    found = {}
    for key, item in value.items():
        name = key if type(key) is str else str(key)
        if name in _NAMES and not spelled:
            found[name] = _cleaned(item, depth)
            continue
        hide = names_a_secret(name) or (spelled and name in {"value", "Value"})
        shown = starred(name)
        found[shown] = _hidden(name, item, depth) if hide else _cleaned(item, depth)
        if shown == name and not names_a_secret(name):
            _remember(name, _NAMES)
    return found


def _hidden(name: str, value: Any, depth: int) -> Any:
    match value:
        case None | bool():
            return value
        case str() if is_harmless(name, value):
            return starred(value)
        case int() | float() if may_be_a_number(name) or is_harmless(name, str(value)):
            return value
        case Mapping() if depth < _DEEPEST:
            return {starred(str(key)): _hidden(name, item, depth + 1) for key, item in value.items()}
        case list() | tuple() if depth < _DEEPEST:
            return [_hidden(name, item, depth + 1) for item in value]
        case _:
            return STARS


def _lines(lines: Sequence[str]) -> list[str]:
    found = starred(f"\n{SEAM}".join(line.replace(SEAM, " ") for line in lines)).split(f"\n{SEAM}")
    # A rule that took a seam with it has hidden the text on both sides, so each line is read by itself.
    return found if len(found) == len(lines) else [starred(line) for line in lines]


def _starred(text: str) -> str:
    text = without_assignments(without_shapes(text))
    parts, done = [], 0
    for start, end, plain in decoded_runs(text):
        if is_pair(plain) or without_assignments(without_shapes(plain)) != plain:
            parts += [text[done:start], STARS]
            done = end
    return "".join([*parts, text[done:]])


def _folded(text: str) -> str:
    if not text.isascii():
        text = text.translate(_FOLDED)
    if "\\" in text or "%" in text or "&#" in text:
        text = _ESCAPED.sub(_unescaped, text)
    return text


def _unescaped(found: "re.Match[str]") -> str:
    code = found["hex"] or found["percent"] or found["entity"]
    return chr(int(code, 16)) if code else chr(int(found["decimal"]))
