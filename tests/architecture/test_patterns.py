"""Regular expressions that mean the same in every Python version that this product runs on."""

import importlib
import re
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterator
from typing import Any

from tests.architecture.house import PACKAGE

ONE_CHARACTER = {"LITERAL", "NOT_LITERAL", "IN", "ANY", "RANGE", "CATEGORY"}


def test_no_group_is_repeated_possessively():
    """Before Python 3.11.5 such a repetition could match too much or nothing; an atomic group does not."""
    offences = [
        f"{module}.{name}: {pattern.pattern!r:.120}"
        for module, name, pattern in _patterns()
        if any(_is_group(body) for body in _possessive(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)))
    ]
    assert offences == []


def test_the_rule_sees_such_a_repetition():
    found = {
        text: any(map(_is_group, _possessive(parser.parse(text)))) for text in ("(?:ab)++", "(?>(?:ab)+)", "[ab]++")
    }
    assert found == {"(?:ab)++": True, "(?>(?:ab)+)": False, "[ab]++": False}


def _patterns() -> "Iterator[tuple[str, str, re.Pattern[Any]]]":
    for path in sorted(PACKAGE.rglob("*.py")):
        # Importing a program's own start would start it.
        if path.name == "__main__.py" or "re.compile" not in path.read_text(encoding="utf-8"):
            continue
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for key, value in vars(importlib.import_module(name)).items():
            if isinstance(value, re.Pattern):
                yield name, key, value


def _possessive(parsed: Any) -> Iterator[Any]:
    for operator, argument in parsed:
        if str(operator) == "POSSESSIVE_REPEAT":
            yield argument[2]
        yield from (one for inner in _inside(argument) for one in _possessive(inner))


def _inside(argument: Any) -> Iterator[Any]:
    if isinstance(argument, parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for item in argument:
            yield from _inside(item)


def _is_group(body: Any) -> bool:
    return len(body) != 1 or str(body[0][0]) not in ONE_CHARACTER
