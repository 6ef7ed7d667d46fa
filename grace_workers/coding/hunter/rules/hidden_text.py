"""Characters that make a text look different from what it does: reversed, invisible, or tags only a model reads."""

import re
import unicodedata
from collections.abc import Iterator

from grace_workers.coding.hunter.hunter_rule import Danger, HunterRule
from grace_workers.coding.hunter.inspected import Inspected, TextKind

# Reordering (Boucher and Anderson, Trojan Source, 2021).
_REORDERS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TAGS = re.compile("[\U000e0001-\U000e007f]")
# Zero-width characters. A joiner between letters of some scripts and in emoji is part of the text.
_INVISIBLE = re.compile(
    "[\u00ad\u200b\u2060-\u2064\u180e\uffa0\u115f\u1160\u3164]|(?<!^)\ufeff|(?<=[ -~])[\u200c\u200d](?=[ -~])"
)
_ESCAPES = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\x80-\x9f]")
# Greek letters that stand for a unit or a quantity.
_UNITS = frozenset("µμΩπλσΔ")
_WORD = re.compile(r"\w+")


def _look(text: Inspected) -> Iterator[Danger]:
    if text.text.isascii() and not _ESCAPES.search(text.text):
        return
    for number, line in text.lines():
        yield from ((number, why) for why in _hidden(line))


def _hidden(line: str) -> Iterator[str]:
    if _REORDERS.search(line):
        yield "a character here reverses the order in which the line is shown"
    if _TAGS.search(line):
        yield "invisible tag characters here spell a text that only a program reads"
    if _INVISIBLE.search(line):
        yield "an invisible character stands here"
    if _ESCAPES.search(line):
        yield "a control character stands here"
    if not line.isascii():
        mixed = next((word for word in _WORD.findall(line) if _mixes(word)), None)
        if mixed is not None:
            yield f"the word {mixed[:40]!r} mixes letters of two scripts that look alike"


def _mixes(word: str) -> bool:
    """Return whether Latin letters occur beside Cyrillic or Greek ones in one word."""
    if word.isascii():
        return False
    letters = (letter for letter in word if letter.isalpha() and letter not in _UNITS)
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in letters}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK"})


DEFINITION = HunterRule(
    name="hidden_text",
    danger="Characters that make a text read otherwise than it works: reversed, invisible, of another script.",
    kinds=frozenset(TextKind),
    look=_look,
    finds={
        "if admin:\u202e # check": TextKind.PYTHON,
        "name: restart\u200bservice": TextKind.DECLARED,
        "Hello\U000e0049\U000e0067\U000e006e": TextKind.PROSE,
        "p\u0430ssword = 1": TextKind.PYTHON,
        "description: x\x1b[2J": TextKind.DECLARED,
    },
    spares={
        "größe = 'naïve café'": TextKind.PYTHON,
        "Привет, мир": TextKind.PROSE,
        "family = '👨\u200d👩\u200d👧'": TextKind.PYTHON,
        "delay_in_µs = 3": TextKind.PYTHON,
    },
)
