"""Which of several new annotations an error of the type checker is due to."""

import re
from collections.abc import Iterator, Mapping, Sequence

from grace_workers.coding.functions import Function, FunctionIndex
from grace_workers.coding.type_check import TypeMessage

Spot = tuple[str, int]
"""A function: its file, and its number among those of the file."""


def suspects(
    errors: Sequence[TypeMessage], made: Mapping[str, str], spots: Mapping[Spot, str], texts: Mapping[str, str]
) -> set[Spot]:
    """Return which of the functions, by their names, a new type may have that causes errors in the files as made.

    It is the innermost one around an error, or else those that its line or its message names, or else all of its file,
    or all.
    """
    functions = {file: FunctionIndex(made[file].encode()).all for file in {one.file for one in errors} & {*made}}
    found: set[Spot] = set()
    for error in errors:
        there = [number for file, number in spots if file == error.file]
        around = [(error.file, one) for one in _around(functions.get(error.file, ()), error.line, there)]
        words = set(re.findall(r"\w+", f"{_row(error, made, texts)} {error.text}"))
        named = [spot for spot, name in spots.items() if name in words]
        found |= set(around[-1:] or named or [(error.file, one) for one in there] or spots)
    return found


def _row(error: TypeMessage, made: Mapping[str, str], texts: Mapping[str, str]) -> str:
    text = made[error.file] if error.file in made else texts.get(error.file, "")
    lines = text.split("\n")
    return lines[error.line - 1] if error.line <= len(lines) else ""


def _around(functions: Sequence[Function], line: int, numbers: Sequence[int]) -> Iterator[int]:
    inside = set(numbers)
    for number, one in enumerate(functions):
        if number in inside and one.first <= line <= one.last:
            yield number
