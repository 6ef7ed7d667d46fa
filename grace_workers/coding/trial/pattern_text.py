"""Texts that match a regular expression, made from its parts."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

# The parser of the standard library has no public name.
_parser: Any = import_module("re._parser")
_TRIES, _MOST_REPEATED, _LONGEST = 60, 3, 120
_LETTERS = "abcxyzABC019 _-."
_CATEGORIES: Mapping[str, str] = {
    "CATEGORY_DIGIT": "0127", "CATEGORY_SPACE": " \t\n", "CATEGORY_WORD": "abzA09_",
    "CATEGORY_NOT_DIGIT": "a -", "CATEGORY_NOT_SPACE": "a1-", "CATEGORY_NOT_WORD": " -.",
}  # fmt: skip

Part = tuple[Any, Any]


def matching(pattern: re.Pattern[str], most: int) -> list[str]:
    """Return at most that many different texts in which the pattern is found, the same ones each time."""
    chance = random.Random(pattern.pattern)  # noqa: S311 - it must repeat itself
    found: dict[str, None] = {}
    try:
        parts = _parser.parse(pattern.pattern, pattern.flags)
        for _ in range(_TRIES):
            text = _text(parts, chance, {})
            if len(found) < most and len(text) <= _LONGEST and pattern.search(text):
                found[text] = None
    except (re.error, RecursionError, OverflowError):
        return list(found)
    return list(found)


def _text(parts: Sequence[Part], chance: random.Random, groups: dict[int, str]) -> str:
    texts = [_KINDS.get(str(kind), _nothing)(what, chance, groups) for kind, what in parts]
    return "".join(texts)


def _nothing(_what: Any, _chance: random.Random, _groups: dict[int, str]) -> str:
    return ""


def _literal(what: int, _chance: random.Random, _groups: dict[int, str]) -> str:
    return chr(what)


def _other(what: int, chance: random.Random, _groups: dict[int, str]) -> str:
    return chance.choice([one for one in _LETTERS if ord(one) != what])


def _any(_what: Any, chance: random.Random, _groups: dict[int, str]) -> str:
    return chance.choice(_LETTERS)


def _one_of(what: Sequence[Part], chance: random.Random, _groups: dict[int, str]) -> str:
    if str(what[0][0]) == "NEGATE":
        refused = re.compile(f"[{''.join(map(_shown, what[1:]))}]")
        return chance.choice([one for one in _LETTERS if not refused.match(one)] or [""])
    return _member(chance.choice(what), chance)


def _member(part: Part, chance: random.Random) -> str:
    kind, what = str(part[0]), part[1]
    if kind == "RANGE":
        return chr(chance.choice((what[0], what[1], chance.randint(*what))))
    return chr(what) if kind == "LITERAL" else chance.choice(_CATEGORIES.get(str(what), "a"))


def _shown(part: Part) -> str:
    """Return a member of a set as a pattern writes it."""
    kind, what = str(part[0]), part[1]
    if kind == "RANGE":
        return f"{re.escape(chr(what[0]))}-{re.escape(chr(what[1]))}"
    return re.escape(chr(what)) if kind == "LITERAL" else re.escape(_CATEGORIES.get(str(what), ""))


def _branch(what: tuple[Any, Sequence[Any]], chance: random.Random, groups: dict[int, str]) -> str:
    return _text(chance.choice(what[1]), chance, groups)


def _group(what: tuple[int | None, int, int, Sequence[Part]], chance: random.Random, groups: dict[int, str]) -> str:
    text = _text(what[3], chance, groups)
    if what[0] is not None:
        groups[what[0]] = text
    return text


def _repeated(what: tuple[int, Any, Sequence[Part]], chance: random.Random, groups: dict[int, str]) -> str:
    least = int(what[0])
    count = min(int(what[1]), least + chance.randrange(_MOST_REPEATED))
    return "".join(_text(what[2], chance, groups) for _ in range(count))


def _earlier(what: int, _chance: random.Random, groups: dict[int, str]) -> str:
    return groups.get(what, "")


_KINDS: Mapping[str, Callable[[Any, random.Random, dict[int, str]], str]] = {
    "LITERAL": _literal, "NOT_LITERAL": _other, "ANY": _any, "IN": _one_of, "BRANCH": _branch, "SUBPATTERN": _group,
    "MAX_REPEAT": _repeated, "MIN_REPEAT": _repeated, "POSSESSIVE_REPEAT": _repeated, "GROUPREF": _earlier,
    "ATOMIC_GROUP": _text,
}  # fmt: skip
