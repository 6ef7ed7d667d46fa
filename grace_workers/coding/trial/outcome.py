"""A value as a line of text that is equal for equal values, in every process."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import singledispatch
from itertools import islice
from typing import Any

_MOST, _DEEPEST, _LONGEST = 200, 6, 4000
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def outcome_of(value: Any) -> str:
    """Return the text. Objects are described by their type and attributes, iterators by what they yield."""
    return _told(value, 0)[:_LONGEST].replace("\n", "\\n")


@singledispatch
def _told(value: Any, depth: int) -> str:
    held = getattr(value, "__dict__", None)
    if held and not callable(value):
        return f"{type(value).__name__}({_told(held, depth + 1)})" if depth < _DEEPEST else "…"
    return _ADDRESS.sub("", repr(value))


@_told.register
def _float(value: float, depth: int) -> str:
    del depth
    return f"{value:.9g}"


@_told.register(list)
@_told.register(tuple)
@_told.register(Iterator)
def _in_order(value: Iterable[Any], depth: int) -> str:
    return f"{type(value).__name__}({', '.join(_parts(value, depth))})"


@_told.register(set)
@_told.register(frozenset)
def _in_any_order(value: Iterable[Any], depth: int) -> str:
    return f"{type(value).__name__}({', '.join(sorted(_parts(value, depth)))})"


@_told.register(Mapping)
def _mapping(value: Mapping[Any, Any], depth: int) -> str:
    return f"{{{', '.join(sorted(_parts(value.items(), depth)))}}}"


def _parts(values: Iterable[Any], depth: int) -> list[str]:
    return [_told(one, depth + 1) for one in islice(values, _MOST)] if depth < _DEEPEST else ["…"]
