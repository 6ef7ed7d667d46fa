"""From a key to its shape, by its neighbours: units, dates, lists, and brackets that hold nothing but values.

This is done once for each new key, so it may take several passes.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from grace_workers.signals.templates.masking import MASK

_M = MASK
_UNIT = (
    r"(?:[kKMGTP]?i?[bB](?:ytes?|its?)?(?:/s|ps)?|[nmuµ]?s|[mun]secs?|secs?|seconds?|mins?|minutes?|hrs?|hours?|days?"
    r"|(?:milli|micro|nano)s(?:econds?)?|[kMG]?Hz|%|percent|pages?)"
)
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
# Words after `user` that are no name: what happened to a user, or what else the word belongs to.
_NO_NAME = (
    r"(?:\w+(?:ed|ing)|name|id|is|was|has|does|did|not|no|with|for|from|to|in|on|at|by|and|or|unknown|agent|request"
    r"|space|mode|account|login|data)\b"
)
_STEPS = (
    (rf"(?<!\w)(?:{_DAY},? )?(?:{_M} )?{_MONTH},? {_M}(?:,? {_M})*(?: [A-Z]{{3,4}} {_M})?", MASK),
    (rf"(?<![\w{_M}])((?:[Uu]ser|[Ll]ogin|[Aa]ccount) )(?!{_NO_NAME})[A-Za-z][\w-]*(?![\w=:])", rf"\1{_M}"),
    (rf"(?<![\w{_M}])((?:for|by|as) )(?:root|admin|administrator|guest|nobody)(?![\w=:.-])", rf"\1{_M}"),
    (rf"[<>+~#$*-]+{_M}", MASK),
    (rf"{_M} ?{_UNIT}(?!\w)", MASK),
    (rf" ?[(\[{{<]\s*(?:{_M}(?:[ ,;:/x-]+{_M})*)?\s*[)\]}}>](?=[\s,;:.]|$)", ""),
    (rf"{_M}(?:[\s,;:/|*x#.-]*{_M})+", MASK),
)
_PATTERNS = tuple((re.compile(pattern), instead) for pattern, instead in _STEPS)
# The first ones mask values by their neighbours; the others fold what stands around values.
_A_UNIT = re.compile(rf"{_UNIT}(?!\w)")
_DEGREES = (_PATTERNS[:4], (*_PATTERNS[:4], _PATTERNS[5]), _PATTERNS)


def shape(key: str) -> str:
    """Return the shape of a key: keys of one shape are one kind of line, whatever the values."""
    return _replaced(key, _PATTERNS)


def folded(keys: Collection[str]) -> Iterator[Sequence[str]]:
    """Yield these keys, with the values masked that only their neighbours show, folded more each time.

    First whole, then without brackets that hold nothing but values, at last without units and lists: as shapes.
    """
    for patterns in _DEGREES:
        yield [_replaced(key, patterns) for key in keys]


def _replaced(key: str, patterns: Sequence[tuple[re.Pattern[str], str]]) -> str:
    for pattern, instead in patterns:
        key = pattern.sub(instead, key)
    return key.strip() or MASK


def are_units(words: Collection[str]) -> bool:
    """Return whether each of these words is a unit, such as `kB` or `ms`, with whatever follows it."""
    return all(_A_UNIT.match(word) for word in words)


def shown(shape_or_key: str) -> str:
    """Return a shape as people read it: `<*>` for each value."""
    return shape_or_key.replace(MASK, "<*>")
