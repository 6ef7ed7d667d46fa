"""Arguments at the bounds of their types: nothing, one, a single element; and large ones, which show a call's cost."""

from collections.abc import Callable, Iterator
from functools import singledispatch
from typing import Any

_MOST_CALLS = 4
_LONG = 200
_LARGE = 10_000_019
"""A prime number, so that what divides it must try all numbers that it tries at all."""

Values = tuple[Any, ...]


def least(calls: list[list[Any]]) -> list[list[Any]]:
    """Return calls like the given ones, each with one argument that is as small as its type allows, or next to that."""
    return _each(calls, _least)


def most(calls: list[list[Any]]) -> list[list[Any]]:
    """Return calls like the given ones, each with one large argument."""
    return _each(calls, _most)


def _each(calls: list[list[Any]], values: Callable[[Any], Values]) -> list[list[Any]]:
    return [one for given in calls[:_MOST_CALLS] for one in _with_one(given, values)]


def _with_one(given: list[Any], values: Callable[[Any], Values]) -> Iterator[list[Any]]:
    for place, argument in enumerate(given):
        for value in values(argument):
            yield [*given[:place], value, *given[place + 1 :]]


@singledispatch
def _least(_value: Any) -> Values:
    return ()


@_least.register
def _bool(_value: bool) -> Values:  # noqa: FBT001 - the type decides which function is called
    return ()


@_least.register
def _int(_value: int) -> Values:
    return 0, 1, -1


@_least.register
def _float(_value: float) -> Values:
    return 0.0, 1.0, -1.0


@_least.register(str)
@_least.register(list)
@_least.register(tuple)
def _sequence(value: Any) -> Values:
    return value[:0], value[:1]


@_least.register(set)
@_least.register(dict)
def _collection(value: Any) -> Values:
    return (type(value)(),)


@singledispatch
def _most(_value: Any) -> Values:
    return ()


@_most.register
def _no_bool(_value: bool) -> Values:  # noqa: FBT001 - as above
    return ()


@_most.register
def _large(_value: int) -> Values:
    return (_LARGE,)


@_most.register(str)
@_most.register(list)
def _long(value: Any) -> Values:
    return ((value * _LONG)[:_LONG],) if 0 < len(value) < _LONG else ()
