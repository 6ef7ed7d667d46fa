"""Asking mypy for the types of expressions."""

import ast
from collections.abc import Iterable, Sequence

from grace_workers.coding.patch import Edit, edited
from grace_workers.coding.type_check import TypeMessage

_REVEALED = 'Revealed type is "'
_OPEN, _CLOSE = "reveal_type((", "))"
Place = tuple[int, int]
"""Where an expression begins: the line, and the column in bytes from 0."""


def revealing(source: str, values: Iterable[ast.expr]) -> tuple[str, dict[Place, Place]]:
    """Return the module with `reveal_type` around values, and where each is then said to be.

    An expression inside another one is left out.
    """
    edits: list[Edit] = []
    places: dict[Place, Place] = {}
    added: dict[int, int] = {}
    end = (0, 0)
    for one in sorted(values, key=lambda one: (one.lineno, one.col_offset, -(one.end_lineno or 0))):
        start, stop = (one.lineno, one.col_offset), (one.end_lineno or one.lineno, one.end_col_offset or 0)
        if start < end:
            continue
        end = stop
        edits += [Edit(*start, *start, _OPEN), Edit(*stop, *stop, _CLOSE)]
        added[start[0]] = added.get(start[0], 0) + len(_OPEN)
        places[start[0], start[1] + added[start[0]] + 1] = start
        added[stop[0]] = added.get(stop[0], 0) + len(_CLOSE)
    return edited(source.encode(), edits).decode(), places


def revealed(messages: Sequence[TypeMessage], file: str, places: dict[Place, Place]) -> dict[Place, list[str]]:
    """Return the types that mypy names, by where the expressions begin in the module without `reveal_type`."""
    found: dict[Place, list[str]] = {}
    for one in messages:
        place = places.get((one.line, one.column))
        if one.file == file and place is not None and one.text.startswith(_REVEALED):
            found.setdefault(place, []).append(one.text[len(_REVEALED) : -1])
    return found
