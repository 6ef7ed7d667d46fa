"""Which of several new annotations an error of the type checker is due to."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from grace_workers.coding.functions import Function, FunctionIndex
from grace_workers.coding.type_check import TypeMessage


def suspects(
    file: str, made: str, errors: Sequence[TypeMessage], numbers: Collection[int], texts: Mapping[str, str]
) -> set[int]:
    """Return the numbers of the functions, among `numbers`, whose new type may have caused errors.

    It is the innermost one around an error, or else those that its line or its message names, or else all.
    """
    functions = FunctionIndex(made.encode()).all
    rows = made.split("\n")
    found: set[int] = set()
    for error in errors:
        around = list(_around(functions, error.line, numbers)) if error.file == file else []
        lines = rows if error.file == file else texts[error.file].split("\n") if error.file in texts else []
        row = lines[error.line - 1] if error.line <= len(lines) else ""
        words = set(re.findall(r"\w+", f"{row} {error.text}"))
        named = [number for number in numbers if functions[number].bare in words]
        found |= set(around[-1:] or named or numbers)
    return found


def _around(functions: Sequence[Function], line: int, numbers: Collection[int]) -> Iterator[int]:
    for number, one in enumerate(functions):
        if number in numbers and one.first <= line <= one.last:
            yield number
