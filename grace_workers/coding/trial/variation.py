"""Small variations of recorded arguments: neighbours of the tests' values, of the same types."""

import copy
import random
from collections.abc import Callable
from functools import singledispatch
from typing import Any

_STEPS = (1, -1, 2, -2, 10)
_MOST_OBJECTS, _ANOTHER = 500, 0.4
_LETTERS = list("aZ 0_(),.-")


class Chance(random.Random):
    """Reproducible randomness, and the objects in one call's arguments, by their type."""

    kin: dict[type, list[Any]]


def varied(calls: list[list[Any]], seed: int, most: int) -> list[list[Any]]:
    """Return `most` calls, each like one of `calls` with one or two values changed."""
    chance = Chance(seed)
    made = [copy.deepcopy(calls[number % len(calls)]) for number in range(most if calls else 0)]
    for arguments in made:
        chance.kin = _objects(arguments)
        for _ in range(chance.choice((1, 1, 2)) if arguments else 0):
            place = chance.randrange(len(arguments))
            arguments[place] = _neighbour(arguments[place], chance)
    return made


def _objects(value: Any) -> dict[type, list[Any]]:
    """Return the objects with attributes that are reachable, each once, in the order in which they are found."""
    found: dict[type, list[Any]] = {}
    seen: set[int] = set()
    waiting = [value]
    while waiting and len(seen) < _MOST_OBJECTS:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, list | tuple | set):
            waiting.extend(one)
        elif isinstance(getattr(one, "__dict__", None), dict) and not callable(one):
            found.setdefault(type(one), []).append(one)
            waiting.extend(vars(one).values())
    return found


@singledispatch
def _neighbour(value: Any, chance: Chance) -> Any:
    """Return an object with one of its attributes varied, so that graphs of objects get other edges."""
    held = getattr(value, "__dict__", None)
    if isinstance(held, dict) and held and not callable(value):
        name = chance.choice(sorted(held))
        kin = chance.kin.get(type(value), [value])
        if chance.random() < _ANOTHER:
            # Another object of the graph, or one that nothing in it refers to.
            return chance.choice([*kin, copy.copy(value), copy.copy(value)])
        single = held[name] is None or type(held[name]) is type(value)
        setattr(value, name, chance.choice([*kin, None]) if single else _neighbour(held[name], chance))
    return value


@_neighbour.register
def _bool(value: bool, chance: Chance) -> Any:  # noqa: FBT001 - the type decides which function is called
    del chance
    return not value


@_neighbour.register
def _int(value: int, chance: Chance) -> Any:
    return chance.choice([*(value + step for step in _STEPS), 0, 1, value * 2, value // 2])


@_neighbour.register
def _float(value: float, chance: Chance) -> Any:
    return chance.choice([value + 0.5, value - 0.5, value * 2, value / 2, 0.0, -value])


@_neighbour.register
def _str(value: str, chance: Chance) -> Any:
    return "".join(_varied_list(list(value), chance, _LETTERS))


@_neighbour.register
def _list(value: list, chance: Chance) -> Any:  # type: ignore[type-arg]
    return _varied_list(value, chance, [])


@_neighbour.register
def _tuple(value: tuple, chance: Chance) -> Any:  # type: ignore[type-arg]
    return tuple(_varied_list(list(value), chance, []))


@_neighbour.register
def _set(value: set, chance: Chance) -> Any:  # type: ignore[type-arg]
    return set(_varied_list(sorted(value, key=repr), chance, []))


@_neighbour.register
def _dict(value: dict, chance: Chance) -> Any:  # type: ignore[type-arg]
    if not value:
        return value
    key = chance.choice(sorted(value, key=repr))
    return {**value, key: _neighbour(value[key], chance)}


def _varied_list(values: list[Any], chance: Chance, others: list[Any]) -> list[Any]:
    pool = values + others
    if not pool:
        return values
    place = chance.randrange(len(values) + 1)
    return chance.choice(_WAYS)(values, place, chance, pool if others else [])


def _inserted(values: list[Any], place: int, chance: Chance, pool: list[Any]) -> list[Any]:
    kin = chance.kin.get(type(values[0]), []) if values else []
    return [*values[:place], chance.choice(pool or kin or values), *values[place:]]


def _dropped(values: list[Any], place: int, _chance: Chance, _pool: list[Any]) -> list[Any]:
    return values[:place] + values[place + 1 :]


def _doubled(values: list[Any], place: int, _chance: Chance, _pool: list[Any]) -> list[Any]:
    return values[:place] + values[place : place + 1] * 2 + values[place + 1 :]


def _cut(values: list[Any], place: int, _chance: Chance, _pool: list[Any]) -> list[Any]:
    return values[:place]


def _reversed(values: list[Any], _place: int, _chance: Chance, _pool: list[Any]) -> list[Any]:
    return values[::-1]


def _swapped(values: list[Any], place: int, chance: Chance, _pool: list[Any]) -> list[Any]:
    made = list(values)
    if place < len(made):
        other = chance.randrange(len(made))
        made[place], made[other] = made[other], made[place]
    return made


def _changed(values: list[Any], place: int, chance: Chance, pool: list[Any]) -> list[Any]:
    made = list(values)
    if place < len(made):
        made[place] = chance.choice(pool) if pool else _neighbour(made[place], chance)
    return made


_Way = Callable[[list[Any], int, Chance, list[Any]], list[Any]]
_WAYS: tuple[_Way, ...] = (_inserted, _dropped, _doubled, _cut, _reversed, _swapped, _changed, _changed)
