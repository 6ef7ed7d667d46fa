"""Runs of statements that stand in several functions, equal but for the names of local variables."""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grace_workers.coding.extraction.scope import locals_of
from grace_workers.coding.extraction.spot import bodies_of, first_line, last_line
from grace_workers.coding.functions import Defined
from grace_workers.coding.rewriting.likeness import likeness

_LIGHTEST, _FEWEST = 16, 2
_LONGEST_BLOCK = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRun:
    """Neighbouring statements of a block. Runs of one `key` are equal but for local names."""

    key: str
    first: int
    last: int
    weight: int


def shared_keys(functions: Sequence[Defined]) -> list[str]:
    """Return the keys of the runs that stand in every function, the heaviest first."""
    shapes = [_shapes(one) for one in functions]
    common = set(shapes[0]).intersection(*shapes[1:])
    keys = [{run.key: run for run in _keyed(one, found, common)} for one, found in zip(functions, shapes, strict=True)]
    both = set(keys[0]).intersection(*keys[1:])
    return sorted(both, key=lambda key: (-keys[0][key].weight, keys[0][key].first))


def sharing(functions: Sequence[tuple[str, Defined]]) -> list[tuple[str, ...]]:
    """Return the groups of named functions that share a run, the heaviest run first."""
    looks = [(name, one, _shapes(one)) for name, one in functions]
    times = Counter(shape for _, _, found in looks for shape in found)
    holders: dict[str, dict[str, int]] = {}
    for name, one, found in looks:
        for run in _keyed(one, found, {shape for shape in found if times[shape] > 1}):
            holders.setdefault(run.key, {})[name] = run.weight
    groups: dict[tuple[str, ...], int] = {}
    for held in holders.values():
        if len(held) > 1:
            groups[tuple(held)] = max(groups.get(tuple(held), 0), *held.values())
    return sorted(groups, key=lambda group: (-groups[group], group))


def run_of(function: Defined, key: str) -> SharedRun | None:
    """Return the first run of this key in a function."""
    shapes = _shapes(function)
    return next((one for one in _keyed(function, shapes, set(shapes)) if one.key == key), None)


_Shape = tuple[str, ...]


def _shapes(function: Defined) -> dict[_Shape, list[Sequence[ast.stmt]]]:
    """Return the runs that weigh enough, by what they look like without local names."""
    names = locals_of(function)
    found: dict[_Shape, list[Sequence[ast.stmt]]] = {}
    for block in _blocks(function):
        looks = [likeness([one], names)[0].replace("#", "").translate(_NO_DIGITS) for one in block]
        weights = [_weight(one) for one in block]
        for start in range(len(block)):
            for end in range(start + 1, len(block) + 1):
                run = block[start:end]
                if sum(weights[start:end]) >= _LIGHTEST and sum(map(_statements, run)) >= _FEWEST:
                    found.setdefault(tuple(looks[start:end]), []).append(run)
    return found


_NO_DIGITS = str.maketrans("", "", "0123456789")


def _keyed(
    function: Defined, shapes: dict[_Shape, list[Sequence[ast.stmt]]], wanted: set[_Shape]
) -> Iterator[SharedRun]:
    names = locals_of(function)
    for shape, runs in shapes.items():
        for run in runs if shape in wanted else ():
            weight = sum(map(_weight, run))
            key, _ = likeness(run, names)
            yield SharedRun(key=key, first=first_line(run[0]), last=last_line(run[-1]), weight=weight)


def _blocks(function: Defined) -> Iterator[list[ast.stmt]]:
    body = function.body
    pending = [body[1:] if ast.get_docstring(function, clean=False) is not None else body]
    while pending:
        block = pending.pop()
        yield block[:_LONGEST_BLOCK]
        for one in block:
            if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                pending += bodies_of(one)


def _weight(node: ast.stmt) -> int:
    """Return how much a statement says; a call that passes names on says nothing."""
    value = getattr(node, "value", None)
    if isinstance(value, ast.Await | ast.YieldFrom):
        value = value.value
    plain = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and not value.keywords
    if plain and isinstance(value, ast.Call) and all(isinstance(one, ast.Name) for one in value.args):
        return 0
    return sum(not isinstance(one, ast.expr_context) for one in ast.walk(node))


def _statements(node: ast.stmt) -> int:
    return sum(isinstance(one, ast.stmt) for one in ast.walk(node))
